"""Detection against clip length, and audibility against strength."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np


def draw(report: dict[str, Any], folder: Path) -> list[Path]:
    """Write the plots of a report; returns their paths, none without matplotlib."""
    try:
        import matplotlib as mpl
    except ImportError:
        return []
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    by_length: dict[float, list[dict[str, Any]]] = defaultdict(list)
    for row in report["detection"]:
        by_length[row["seconds"]].append(row)
    lengths = sorted(by_length)
    figure, axes = plt.subplots(figsize=(6, 4))
    for what in ("detected", "exact"):
        axes.plot(lengths, [np.mean([r[what] for r in by_length[s]]) for s in lengths], "o-", label=what)
    axes.set(xlabel="clip length, s", ylabel="mean share over all attacks", ylim=(0, 1.02), xscale="log")
    axes.set_xticks(lengths, [f"{s:g}" for s in lengths])
    axes.grid(alpha=0.3)
    axes.legend()
    paths = [folder / "detection_by_length.png"]
    figure.savefig(paths[0], dpi=110, bbox_inches="tight")
    plt.close(figure)
    if report.get("strength"):
        paths.append(folder / "audibility_by_strength.png")
        rows = report["strength"]
        figure, axes = plt.subplots(figsize=(6, 4))
        axes.plot([r["gain_db"] for r in rows], [r["pesq_wb_mean"] for r in rows], "o-", color="C0")
        axes.set_xlabel("largest gain, dB")
        axes.set_ylabel("PESQ-WB", color="C0")
        twin = axes.twinx()
        twin.plot([r["gain_db"] for r in rows], [100 * r["cells_over_mask_mean"] for r in rows], "s--", color="C1")
        twin.set_ylabel("audible cells over the mask, %", color="C1")
        figure.savefig(paths[-1], dpi=110, bbox_inches="tight")
        plt.close(figure)
    return paths
