"""Detection error trade-off of the speaker check, drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import norm

_SECONDS = 5.0
_TICKS = (0.001, 0.01, 0.05, 0.2, 0.4)
_LIMITS = (5e-4, 0.5)


def draw(speaker: dict[str, Any], folder: Path) -> Path | None:
    """Write ``speaker_det.png``, tests of 5 s; None without matplotlib.

    Args:
        speaker: from ``measure_speaker``.
        folder: is made.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        return None
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(figsize=(5, 5))
    for trial in speaker["trials"]:
        if trial["seconds"] == _SECONDS:
            accepts, misses = np.clip(np.array(trial["det"]).T, *_LIMITS)
            axes.plot(norm.ppf(accepts), norm.ppf(misses), label=trial["condition"])
    labels = [f"{100 * tick:g} %" for tick in _TICKS]
    axes.set_xticks(norm.ppf(_TICKS), labels)
    axes.set_yticks(norm.ppf(_TICKS), labels)
    limits = norm.ppf(_LIMITS)
    axes.plot(limits, limits, ":", color="grey")
    axes.set(xlabel="strangers accepted", ylabel="the right person refused", xlim=limits, ylim=limits)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    path = folder / "speaker_det.png"
    figure.savefig(path, dpi=110, bbox_inches="tight")
    plt.close(figure)
    return path
