"""Timing on a machine that others use too: variants take turns, and the median turn counts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Timing:
    """Median seconds of a run: on the wall, and of this process's processor time (one thread, so that neighbours count less)."""

    wall_s: float
    cpu_s: float


def take_turns(variants: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Timing]:
    """Run each variant ``rounds`` times, in turn, after one run that does not count."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in variants}
    for turn in range(rounds + 1):
        for name, run in variants.items():
            _wait()
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            _wait()
            if turn:
                times[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {
        name: Timing(statistics.median(w for w, _ in taken), statistics.median(c for _, c in taken))
        for name, taken in times.items()
    }


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
