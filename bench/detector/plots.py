"""Detection error trade-off and reliability, drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import norm

_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)


def draw(result: dict[str, Any], folder: Path) -> list[Path]:
    """Write ``det.png`` and ``reliability.png``; none without matplotlib."""
    try:
        import matplotlib as mpl
    except ImportError:
        return []
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "det.png", folder / "reliability.png"]
    figure, axes = plt.subplots(figsize=(5, 5))
    for name, points in result["det"].items():
        alarms, misses = np.clip(np.array(points).T, 1e-3, 1 - 1e-3)
        axes.plot(norm.ppf(alarms), norm.ppf(misses), label=name)
    axes.plot(norm.ppf([0.005, 0.5]), norm.ppf([0.005, 0.5]), ":", color="grey")
    labels = [f"{100 * tick:g} %" for tick in _TICKS]
    axes.set_xticks(norm.ppf(_TICKS), labels)
    axes.set_yticks(norm.ppf(_TICKS), labels)
    axes.set(xlabel="people taken for machines", ylabel="machines missed", xlim=norm.ppf([0.005, 0.5]),
             ylim=norm.ppf([0.005, 0.5]))  # fmt: skip
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(paths[0], dpi=110, bbox_inches="tight")
    plt.close(figure)
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], ":", color="grey")
    for name, bins in result["reliability"].items():
        axes.plot([one["said"] for one in bins], [one["was"] for one in bins], "o-", label=name)
    axes.set(xlabel="probability said", ylabel="share synthetic, at equal classes", xlim=(0, 1), ylim=(0, 1))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(paths[1], dpi=110, bbox_inches="tight")
    plt.close(figure)
    return paths
