"""``python -m bench.gpt_sovits.streaming``: a stream against the whole at full width, no noise (SI-SDR, in dB).

Weights are those of the fixtures: random, of upstream's v2 sizes, so that how much depends on what is not of our choosing.
Tokens are random, chunks as the engine sends them. What is compared is the sound that leaves, seams included.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bench.gpt_sovits import weights
from bench.gpt_sovits.denoise import si_sdr
from synthesis.engine.gpt_sovits.build import build_sovits
from synthesis.engine.gpt_sovits.pipeline.options import Options
from synthesis.engine.gpt_sovits.sovits.config import FRAMES_PER_TOKEN, HOP
from synthesis.engine.gpt_sovits.sovits.fast import on_a_processor
from synthesis.engine.gpt_sovits.sovits.generator import Generator
from synthesis.engine.gpt_sovits.sovits.model import SoVITS
from synthesis.engine.gpt_sovits.sovits.streaming import Streamer
from tests.unit.gpt_sovits.upstream import full_weights

TOKENS = (60, 120, 240)
POLICIES = {"quick": Options(), "faithful": Options().faithful()}


@dataclass(frozen=True)
class Stream:
    """One stream beside its whole: SI-SDR in dB, tokens drawn when each chunk was spoken, tokens it spoke, its own SI-SDR."""

    si_sdr: float
    drawn: tuple[int, ...]
    spoken: tuple[int, ...]
    each: tuple[float, ...]


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
    streamer = kind(model, style, phones, None, 0.0, speed=1.0, hold=(options.first_hold, options.hold))
    if isinstance(streamer, _Knowing):
        streamer.whole = prior.features
    parts: list[Tensor] = []
    drawn: list[int] = []
    said, wanted = 0, options.first_chunk
    following = options.chunk
    while said < count:
        chunk = codes[0, said : said + wanted].tolist()
        said += len(chunk)
        part = streamer.push(chunk, last=said >= count)
        if len(part):
            parts.append(part)
            drawn.append(said)
        wanted, following = following, min(2 * following, options.longest_chunk)
    each = []
    at = 0
    for part in parts:
        each.append(si_sdr(whole[at : at + len(part)].numpy(), part.numpy()))
        at += len(part)
    streamed = torch.cat(parts).float().numpy()
    spoken = tuple(len(part) // (HOP * FRAMES_PER_TOKEN) for part in parts)
    return Stream(si_sdr(whole.numpy(), streamed), tuple(drawn), spoken, tuple(each))


def main() -> None:
    """Several draws of each length."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--tokens", default=",".join(map(str, TOKENS)))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = build_sovits(full_weights("s2G_v2", "v2"), {})
    assert isinstance(model.dec, Generator)
    model.dec = on_a_processor(model.dec)
    for name, options in POLICIES.items():
        for count in map(int, arguments.tokens.split(",")):
            found = [compare(model, count, seed, options) for seed in range(arguments.draws)]
            values = [each.si_sdr for each in found]
            half = 1.96 * float(np.std(values, ddof=1)) / len(values) ** 0.5
            print(
                f"{name}, {count} tokens: {np.mean(values):.1f} ± {half:.1f} dB, n {len(values)}, each {_row(values)}"
            )
            print(f"  chunks: spoken when {found[0].drawn} tokens were drawn, {found[0].spoken} tokens long;", end=" ")
            print("their dB", _row(np.mean([each.each for each in found], 0).tolist()))
            known = [compare(model, count, seed, options, knowing=True).si_sdr for seed in range(2)]
            print(f"  the encoder shown the whole: {_row(known)}", flush=True)


def _row(values: Sequence[float]) -> str:
    return " ".join(f"{value:.1f}" for value in values)


if __name__ == "__main__":
    main()
