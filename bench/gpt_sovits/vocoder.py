"""The vocoder (flow and generator) at full width: an eager port as it comes, folded, and as the engine runs it.

Ratios are taken from processor seconds of one run, in turn, so that other load weighs on all alike.
"""

from __future__ import annotations

import argparse
import copy
import math
import os
import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from synthesis.engine.gpt_sovits.sovits.config import HOP, SAMPLE_RATE, SoVITSConfig
from synthesis.engine.gpt_sovits.sovits.convolution import fold
from synthesis.engine.gpt_sovits.sovits.fast import accelerate
from synthesis.engine.gpt_sovits.sovits.generator import Generator
from synthesis.engine.gpt_sovits.sovits.laid_out import LaidOutGenerator, pays

V2 = SoVITSConfig(
    ssl=768, codes=1024, symbols=732, hidden=192, inter=192, inner=768, heads=2, window=4, layers_ssl=3, layers_text=6,
    layers_joint=3, kernel=3, mrte=512, style_bins=704, style=128, gin=512, sv=0, flows=4, flow_layers=4, flow_kernel=5,
    posterior_layers=16, bins=1025, channels=512, rates=(10, 8, 2, 2, 2), up_kernels=(16, 16, 8, 2, 2),
    block_kernels=(3, 7, 11),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One way of running it.

    Attributes:
        name: which.
        frames: length of the input.
        cpu_s: least processor seconds of the repetitions; ``wall_s`` on the wall.
        rtf: seconds on the wall per second of sound.
        speedup: over the eager port, on the wall; ``speedup_cpu`` in processor seconds.
        difference: greatest difference from the eager port, relative to its peak.
        snr_db: of the eager port's sound over the difference.
    """

    name: str
    frames: int
    cpu_s: float
    wall_s: float
    rtf: float
    speedup: float
    speedup_cpu: float
    difference: float
    snr_db: float


@torch.inference_mode()
def run(frames: tuple[int, ...] = (32, 96, 192), repeats: int = 3, seed: int = 0) -> list[Row]:
    """Measure at several lengths."""
    torch.manual_seed(seed)
    eager = Generator(V2, normed=True).requires_grad_(False)
    folded = Generator(V2, normed=False).requires_grad_(False)
    folded.load_state_dict(fold(eager.state_dict()))
    ways: dict[str, nn.Module] = {"eager port": eager, "folded": folded}
    ways["overlap-save"] = accelerate(copy.deepcopy(folded))
    if pays():
        ways |= {"laid out": LaidOutGenerator(folded), "bfloat16": LaidOutGenerator(folded, torch.bfloat16)}
    style = torch.randn(1, V2.gin, 1)
    rows = []
    for count in frames:
        latent = torch.randn(1, V2.inter, count)
        reference = eager(latent, style)
        peak = float(reference.abs().max())
        least: dict[str, tuple[float, float]] = {}
        apart: dict[str, tuple[float, float]] = {}
        for _ in range(repeats + 1):  # the first warms up
            for name, model in ways.items():
                began, wall = time.process_time(), time.perf_counter()
                sound = model(latent, style)
                taken = time.process_time() - began, time.perf_counter() - wall
                before = least.get(name, taken)
                least[name] = min(before[0], taken[0]), min(before[1], taken[1])
                wrong = sound - reference
                loss = float(reference.square().sum() / wrong.square().sum().clamp_min(1e-30))
                apart[name] = float(wrong.abs().max()) / peak, 10 * math.log10(loss)
        seconds = count * HOP / SAMPLE_RATE
        base = least["eager port"]
        rows += [
            Row(name, count, cpu, wall, wall / seconds, base[1] / wall, base[0] / cpu, *apart[name])
            for name, (cpu, wall) in least.items()
        ]
    return rows


def as_json(rows: list[Row]) -> list[dict[str, Any]]:
    """For the report."""
    return [vars(row) for row in rows]


def table(rows: list[Row]) -> str:
    """For the eye."""
    lines = [f"{'vocoder, CPU':16}{'frames':>7}{'s':>8}{'RTF':>7}{'x':>6}{'x CPU':>7}{'difference':>12}{'SNR dB':>8}"]
    lines += [
        f"{r.name:16}{r.frames:7d}{r.wall_s:8.3f}{r.rtf:7.2f}{r.speedup:6.2f}{r.speedup_cpu:7.2f}{r.difference:12.1e}"
        f"{r.snr_db:8.1f}"
        for r in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    torch.set_num_threads(parser.parse_args().threads)
    print(
        f"threads {torch.get_num_threads()}, {torch.backends.cpu.get_cpu_capability()}, load {os.getloadavg()[0]:.1f}"
    )
    print(table(run()))
