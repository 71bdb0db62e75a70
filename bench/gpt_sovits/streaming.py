"""``python -m bench.gpt_sovits.streaming``: a stream against the whole at full width, no noise (SI-SDR, in dB).

Weights are those of the fixtures: random, of upstream's v2 sizes, so that how much depends on what is not of our choosing.
Tokens are random, chunks as the engine sends them. What is compared is the sound that leaves, seams included.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bench.gpt_sovits import weights
from bench.gpt_sovits.denoise import si_sdr
from synthesis.engine.gpt_sovits.build import build_sovits
from synthesis.engine.gpt_sovits.pipeline.options import Options
from synthesis.engine.gpt_sovits.sovits.config import FRAMES_PER_TOKEN, HOP, SAMPLE_RATE
from synthesis.engine.gpt_sovits.sovits.fast import on_a_processor
from synthesis.engine.gpt_sovits.sovits.generator import Generator
from synthesis.engine.gpt_sovits.sovits.model import SoVITS
from synthesis.engine.gpt_sovits.sovits.streaming import Streamer
from tests.unit.gpt_sovits.upstream import full_weights

TOKENS = (60, 120, 240)
SPEEDS = (80, 160)
MARK_SECONDS = 0.4  # of a stream that the watermark keeps until more has come
POLICIES = {"quick": Options(), "faithful": Options().faithful()}


@dataclass(frozen=True)
class Stream:
    """One stream beside its whole: SI-SDR in dB; of each piece tokens drawn before it, tokens spoken, SI-SDR, processor seconds."""

    si_sdr: float
    drawn: tuple[int, ...]
    spoken: tuple[int, ...]
    each: tuple[float, ...]
    made_s: tuple[float, ...]


class _Knowing(Streamer):
    """The same windows, given features of an encoder that has seen the whole."""

    whole: Tensor

    def _encode(self) -> Tensor:
        return self.whole[:, :, : FRAMES_PER_TOKEN * len(self._tokens)]


@torch.inference_mode()
def compare(model: SoVITS, count: int, seed: int, options: Options, *, knowing: bool = False) -> Stream:
    """A stream of ``count`` tokens; ``knowing`` shows its encoder the whole of it from the beginning."""
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(0, weights.V2.codes, (1, count), generator=generator)
    phones = torch.randint(1, 732, (1, count), generator=generator)
    style = model.style(torch.randn(1, weights.V2.gin, 1, generator=generator))
    prior = model.prior(codes, phones, style)
    whole = model.sound(prior, style, None, 0.0)[0, 0]
    kind = _Knowing if knowing else Streamer
    streamer = kind(model, style, phones, None, 0.0, speed=1.0, hold=options.held)
    if isinstance(streamer, _Knowing):
        streamer.whole = prior.features
    parts: list[Tensor] = []
    drawn: list[int] = []
    made: list[float] = []
    said, wanted, following = 0, options.first_chunk, options.second_chunk
    while said < count:
        chunk = codes[0, said : said + wanted].tolist()
        said += len(chunk)
        began = time.process_time()
        for part in streamer.push(chunk, last=said >= count):
            parts.append(part)
            drawn.append(said)
            made.append(time.process_time() - began)
            began = time.process_time()
        wanted, following = following, options.chunk
    each = []
    at = 0
    for part in parts:
        each.append(si_sdr(whole[at : at + len(part)].numpy(), part.numpy()))
        at += len(part)
    streamed = torch.cat(parts).float().numpy()
    spoken = tuple(len(part) // (HOP * FRAMES_PER_TOKEN) for part in parts)
    return Stream(si_sdr(whole.numpy(), streamed), tuple(drawn), spoken, tuple(each), tuple(made))


def pauses(stream: Stream, speed: float, kept_back: float = 0.0) -> tuple[float, list[float]]:
    """What a listener waits who hears each piece as soon as it is there, on one thread that draws and makes sound in turn.

    Args:
        stream: what was sent.
        speed: tokens drawn a second.
        kept_back: seconds of sound that leave with the next piece only (the watermark's are 0.4).

    Returns:
        Seconds from the first token to the first sound, and the silence before each piece after it.
    """
    now, heard, before, found = 0.0, 0.0, 0, list[float]()
    left = -kept_back  # seconds of sound that could leave
    begun = None
    for drawn, spoken, made in zip(stream.drawn, stream.spoken, stream.made_s, strict=True):
        now += (drawn - before) / speed + made
        before = drawn
        left += spoken * FRAMES_PER_TOKEN * HOP / SAMPLE_RATE
        if left <= 0:
            continue
        if begun is None:
            begun = heard = now
        else:
            found.append(max(0.0, now - heard))
        heard = max(heard, now) + left
        left = 0.0
    return (begun if begun is not None else now), found


def main() -> None:
    """Several draws of each length."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--policies", default=",".join(POLICIES))
    parser.add_argument("--tokens", default=",".join(map(str, TOKENS)))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = build_sovits(full_weights("s2G_v2", "v2"), {})
    assert isinstance(model.dec, Generator)
    model.dec = on_a_processor(model.dec)
    for name in arguments.policies.split(","):
        options = POLICIES[name]
        for count in map(int, arguments.tokens.split(",")):
            found = [compare(model, count, seed, options) for seed in range(arguments.draws)]
            values = [each.si_sdr for each in found]
            half = 1.96 * float(np.std(values, ddof=1)) / len(values) ** 0.5
            print(
                f"{name}, {count} tokens: {np.mean(values):.1f} ± {half:.1f} dB, n {len(values)}, each {_row(values)}"
            )
            print(f"  chunks: spoken when {found[0].drawn} tokens were drawn, {found[0].spoken} tokens long;", end=" ")
            print("their dB", _row(np.mean([each.each for each in found], 0).tolist()))
            for speed in SPEEDS:
                first, silent = pauses(found[0], speed)
                kept, marked = pauses(found[0], speed, MARK_SECONDS)
                print(
                    f"  {speed} tokens a second: first after {first:.2f} s, then silent for", _row(silent, 2), end="; "
                )
                print(f"behind the mark after {kept:.2f} s, then", _row(marked, 2))
            known = [compare(model, count, seed, options, knowing=True).si_sdr for seed in range(2)]
            print(f"  the encoder shown the whole: {_row(known)}", flush=True)


def _row(values: Sequence[float], digits: int = 1) -> str:
    return " ".join(f"{value:.{digits}f}" for value in values)


if __name__ == "__main__":
    main()
