"""Identification against clip length, and query time against the size of the index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def draw(report: dict[str, Any], folder: Path) -> list[Path]:
    """Write the plots of a report; returns their paths."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    paths = []
    if report.get("identification"):
        figure, axes = plt.subplots(figsize=(6, 4))
        lengths = [table["seconds"] for table in report["identification"]]
        for key in ("found", "found_in_million", "same_recording"):
            shares = [np.mean([row[key] for row in table["rows"]]) for table in report["identification"]]
            axes.plot(lengths, shares, "o-", label=key.replace("_", " "))
        axes.set(xlabel="clip length, s", ylabel="mean share over all attacks", ylim=(0, 1.02), xscale="log")
        axes.set_xticks(lengths, [f"{seconds:g}" for seconds in lengths])
        axes.grid(alpha=0.3)
        axes.legend()
        paths.append(folder / "identification_by_length.png")
        figure.savefig(paths[-1], dpi=110, bbox_inches="tight")
        plt.close(figure)
    if report.get("scale"):
        figure, axes = plt.subplots(figsize=(6, 4))
        for label in dict.fromkeys(row["index"] for row in report["scale"]):
            rows = [row for row in report["scale"] if row["index"] == label]
            axes.plot([row["records"] for row in rows], [row["median_ms"] for row in rows], "o-", label=label)
        axes.set(xlabel="records", ylabel="query, ms (median)", xscale="log", ylim=(0, None))
        axes.grid(alpha=0.3)
        axes.legend()
        paths.append(folder / "query_time_by_size.png")
        figure.savefig(paths[-1], dpi=110, bbox_inches="tight")
        plt.close(figure)
    return paths
