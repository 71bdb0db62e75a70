"""``python -m bench.gpt_sovits [--quick] [--json OUT]``: speed of token model and second stage on full-width random weights."""

from __future__ import annotations

import argparse
import json
import os
import resource
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from bench.gpt_sovits import eager, loss, peers, weights
from bench.gpt_sovits.clock import Timing, take_turns
from synthesis.engine.gpt_sovits.sovits.config import HOP, SAMPLE_RATE
from synthesis.engine.gpt_sovits.sovits.fast import has_tiles, on_a_processor
from synthesis.engine.gpt_sovits.sovits.generator import Generator
from synthesis.engine.gpt_sovits.sovits.model import SoVITS
from synthesis.engine.gpt_sovits.t2s.config import TOKENS_PER_SECOND
from synthesis.engine.gpt_sovits.t2s.generate import Request, generate, generate_batch
from synthesis.engine.gpt_sovits.t2s.model import T2S
from synthesis.engine.gpt_sovits.t2s.packed import PackedT2S, Precision, default_precision, pack

FIRST_CHUNK = 16
PARTS = ("batch1", "batch16", "loss", "speech", "speech16")


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer tokens, one round")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--peers", type=Path, help="folder that other projects were installed into, see peers.py")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--parts", default=",".join(PARTS), help="which of " + ", ".join(PARTS))
    arguments = parser.parse_args()
    parts = arguments.parts.split(",")
    torch.set_num_threads(arguments.threads)
    tokens, rounds = (32, 1) if arguments.quick else (100, 3)
    facts: dict[str, Any] = {
        "load_1min": os.getloadavg()[0],
        "threads": arguments.threads,
        "tokens": tokens,
        "rounds": rounds,
    }
    print(
        f"threads {arguments.threads}, load {facts['load_1min']:.1f}; {weights.PHONES} phones, prompt of {weights.PROMPT} tokens"
    )
    model = weights.token_model()
    precisions: list[Precision] = ["float16", "int8"] if default_precision("cpu") == "float16" else ["float32"]
    if has_tiles():
        precisions.append("bfloat16")
    packs = {precision: pack(model, precision) for precision in precisions}
    facts["t2s"] = {}
    if "batch1" in parts:
        facts["t2s"]["batch_1"] = _tokens(model, packs, 1, tokens, rounds, arguments.peers)
    if "batch16" in parts:
        facts["t2s"]["batch_16"] = _tokens(model, packs, 16, tokens // 2, 1)
    if "loss" in parts and "int8" in packs:
        facts["int8_loss"] = loss.against_single(model, packs["int8"], 1 if arguments.quick else 4, 100)
        print("int8 against single precision, random weights:", _rounded(facts["int8_loss"]))
    if "speech" in parts:
        facts["speech"] = _speech(packs[precisions[0]], tokens, rounds)
    if "speech16" in parts:
        facts["speech_16"] = _speech_together(model, packs[precisions[0]], tokens // 2)
    facts["peak_rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(f"peak resident memory of this whole run, baselines included: {facts['peak_rss_mb']} MB")
    if torch.cuda.is_available():
        facts["gpu"] = _gpu(model, tokens * 4, rounds)
    else:
        print("no GPU here: its part was not run")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


def _tokens(
    model: T2S,
    packs: dict[Precision, PackedT2S],
    batch: int,
    tokens: int,
    rounds: int,
    folder: Path | None = None,
) -> dict[str, dict[str, float]]:
    """Each way twice: a single token, which is reading text and prompt, and all of them; the difference is the steps alone."""

    def ours(packed: PackedT2S, count: int) -> int:
        requests = [weights.request(model, seed, count) for seed in range(batch)]
        if batch == 1:
            return len(list(generate(packed, requests[0])))
        return sum(map(len, generate_batch(packed, requests)))

    def plain(count: int) -> int:
        return eager.generate(model, [weights.request(model, seed, count) for seed in range(batch)], count).numel()

    ways: dict[str, Callable[[int], int]] = {"eager port": plain}
    ways |= {name: partial(ours, packed) for name, packed in packs.items()}
    if folder and (folder / "gsv_tts").is_dir():
        ways["gsv-tts-lite"] = lambda count: peers.gsv_tts_lite(folder, model, count)()
    if folder and (folder / "genie_tts").is_dir():
        ways["genie-tts"] = peers.genie_tts(folder, model)
    variants: dict[str, Callable[[], object]] = {}
    for name, run in ways.items():
        assert run(2) == 2 * batch, "a run ended before its time"
        variants[name] = partial(run, tokens)
        variants[f"{name}, first"] = partial(run, 1)
    times = take_turns(variants, rounds)
    base, base_first = times["eager port"], times["eager port, first"]
    found = {}
    for name in ways:
        taken, first = times[name], times[f"{name}, first"]
        steps, base_steps = taken.wall_s - first.wall_s, base.wall_s - base_first.wall_s
        found[name] = {
            "first_token_s": first.wall_s,
            "steps_per_s": batch * (tokens - 1) / steps,
            "times_eager_steps": base_steps / steps,
            **_rate(batch * tokens, taken, base),
        }
        print(f"T2S batch {batch:2d}  {name:12s} {_rounded(found[name])}")
    return found


def _rate(count: int, taken: Timing, base: Timing) -> dict[str, float]:
    return {
        "per_wall_s": count / taken.wall_s,
        "per_cpu_s": count / taken.cpu_s,
        "times_eager_wall": base.wall_s / taken.wall_s,
        "times_eager_cpu": base.cpu_s / taken.cpu_s,
    }


def _speech(packed: PackedT2S, tokens: int, rounds: int) -> dict[str, Any]:
    """Second stage alone, first sound, and both stages together; reference and text are known already."""
    plain, folded = weights.second_stage()
    assert isinstance(folded.dec, Generator)
    folded.dec = on_a_processor(folded.dec)
    phones = torch.randint(1, 732, (1, weights.PHONES // 2))
    wide = torch.randn(1, weights.V2.gin, 1)

    def decoded(model: SoVITS, said: list[int]) -> int:
        with torch.inference_mode():
            style = model.style(wide)
            prior = model.prior(torch.tensor([said]), phones, style)
            return model.sound(prior, style, torch.randn(prior.mean.shape)).shape[-1]

    def request() -> Any:
        return weights.request_of(packed.config, 5, tokens)

    said = [number % 1024 for number in range(tokens)]
    vocoder = take_turns({"unfolded": lambda: decoded(plain, said), "ours": lambda: decoded(folded, said)}, rounds)
    whole = take_turns(
        {
            "first sound": lambda: decoded(folded, list(islice(generate(packed, request()), FIRST_CHUNK))),
            "sentence": lambda: decoded(folded, list(generate(packed, request()))),
        },
        rounds,
    )
    seconds = tokens / TOKENS_PER_SECOND
    assert decoded(folded, said) == round(seconds * SAMPLE_RATE) // HOP * HOP
    found = {
        "second_stage_times_unfolded": {
            "wall": vocoder["unfolded"].wall_s / vocoder["ours"].wall_s,
            "cpu": vocoder["unfolded"].cpu_s / vocoder["ours"].cpu_s,
        },
        "second_stage_rtf": {key: value / seconds for key, value in asdict(vocoder["ours"]).items()},
        "first_sound": asdict(whole["first sound"]),
        "rtf_batch_1": {key: value / seconds for key, value in asdict(whole["sentence"]).items()},
    }
    for name, values in found.items():
        print(f"{name:28s} {_rounded(values)}")
    return found


def _speech_together(model: T2S, packed: PackedT2S, tokens: int) -> dict[str, Any]:
    """Sixteen sentences: their tokens together, then the sound of each, as the engine does it on a processor."""
    count = 16
    plain, folded = weights.second_stage()
    assert isinstance(folded.dec, Generator)
    folded.dec = on_a_processor(folded.dec)
    phones, wide = torch.randint(1, 732, (1, weights.PHONES // 2)), torch.randn(1, weights.V2.gin, 1)

    @torch.inference_mode()
    def sound(second: SoVITS, rows: Sequence[Sequence[int]]) -> int:
        style = second.style(wide)
        priors = [second.prior(torch.tensor([list(row)]), phones, style) for row in rows]
        return sum(second.sound(prior, style, torch.randn(prior.mean.shape)).shape[-1] for prior in priors)

    def requests() -> list[Request]:
        return [weights.request(model, seed, tokens) for seed in range(count)]

    times = take_turns(
        {
            "eager port": lambda: sound(plain, eager.generate(model, requests(), tokens).tolist()),
            "ours": lambda: sound(folded, generate_batch(packed, requests())),
        },
        1,
    )
    seconds = count * tokens / TOKENS_PER_SECOND
    found = {name: {key: value / seconds for key, value in asdict(taken).items()} for name, taken in times.items()}
    for name, values in found.items():
        print(f"rtf_batch_16 {name:15s} {_rounded(values)}")
    return found


def _gpu(model: T2S, tokens: int, rounds: int) -> dict[str, Any]:
    packed = pack(model, "float16", "cuda")
    found: dict[str, Any] = {}
    for batch in (1, 16, 32):

        def run(batch: int = batch) -> object:
            requests = [weights.request(model, seed, tokens) for seed in range(batch)]
            return generate_batch(packed, requests, rows=batch)

        taken = take_turns({"float16": run}, rounds)["float16"]
        found[f"batch_{batch}"] = {"per_wall_s": batch * tokens / taken.wall_s}
        print(f"T2S on the GPU, batch {batch}: {found[f'batch_{batch}']['per_wall_s']:.0f} tokens/s")
    found["peak_mb"] = round(torch.cuda.max_memory_allocated() / 2**20)
    return found


def _rounded(values: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in values.items())


if __name__ == "__main__":
    main()
