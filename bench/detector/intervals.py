"""Equal error rates and shares with intervals that know that one voice's clips resemble each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.identity.figures import equal_error

_DRAWS = 400
Scores = NDArray[np.float64]


def eer_by_voice(
    humans: Scores, human_voices: Sequence[str], machines: Scores, machine_groups: Sequence[str], seed: int = 0
) -> dict[str, Any]:
    """EER, higher scores meaning synthetic, with a 95 % bootstrap interval over voices (people) and groups (machines).

    Args:
        humans, machines: scores.
        human_voices: whose each human clip is.
        machine_groups: what is drawn together among machines: voice and system.
    """
    found = equal_error(humans, machines)
    if found["rate"] is None:
        return found
    rng = np.random.default_rng(seed)
    people, makers = _grouped(humans, human_voices), _grouped(machines, machine_groups)
    draws = [equal_error(_redrawn(people, rng), _redrawn(makers, rng))["rate"] for _ in range(_DRAWS)]
    low, high = np.quantile(draws, [0.025, 0.975])
    return {
        "rate": found["rate"],
        "low": float(low),
        "high": float(high),
        "n": [len(humans), len(machines)],
        "voices": [len(people), len(makers)],
    }


def share_by_voice(hits: Sequence[bool], voices: Sequence[str], seed: int = 0) -> dict[str, Any]:
    """A share with a 95 % bootstrap interval over voices; with no or only hits, Wilson's over voices."""
    values = np.array(hits, dtype=np.float64)
    grouped = _grouped(values, voices)
    if not len(values):
        return {"rate": None, "errors": 0, "n": 0, "voices": 0, "low": None, "high": None}
    if 0.0 < values.mean() < 1.0:
        rng = np.random.default_rng(seed)
        low, high = np.quantile([_redrawn(grouped, rng).mean() for _ in range(_DRAWS)], [0.025, 0.975])
    else:
        margin = 1.959964**2 / (len(grouped) + 1.959964**2)
        low, high = (0.0, margin) if values.mean() == 0.0 else (1.0 - margin, 1.0)
    return {
        "rate": float(values.mean()),
        "errors": int(values.sum()),
        "n": len(values),
        "voices": len(grouped),
        "low": float(low),
        "high": float(high),
    }


def told(found: dict[str, Any]) -> str:
    """``9.1 % [3.0, 23.0] n 34/288``."""
    if found["rate"] is None:
        return "none"
    count = "/".join(map(str, found["n"])) if isinstance(found["n"], list) else found["n"]
    return f"{100 * found['rate']:.1f} % [{100 * found['low']:.1f}, {100 * found['high']:.1f}] n {count}"


def _grouped(values: Scores, names: Sequence[str]) -> list[Scores]:
    labels = np.array(names)
    return [values[labels == name] for name in sorted(set(names))]


def _redrawn(groups: list[Scores], rng: np.random.Generator) -> Scores:
    return np.concatenate([groups[int(place)] for place in rng.integers(len(groups), size=len(groups))])
