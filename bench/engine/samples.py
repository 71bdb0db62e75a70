"""What the clones said, to be heard, and how like each is to each owner, to be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import soundfile

from audiokit import Audio
from bench.engine.encoder import embed
from bench.engine.figures import Floats


def likeness(spoken: Mapping[str, Sequence[Audio]], enrolled: Mapping[str, Floats]) -> Floats:
    """Mean cosine of each clone's clips to each owner's centre, ``[clones, owners]``."""
    rows = []
    for clips in spoken.values():
        embeddings = np.stack([embed(clip) for clip in clips])
        rows.append([float((embeddings @ centre).mean()) for centre in enrolled.values()])
    return np.array(rows, dtype=np.float32)


def write(
    folder: Path, spoken: Mapping[str, Sequence[Audio]], enrolled: Mapping[str, Floats], threshold: float
) -> None:
    """Clips as WAV, and ``similarity.png``; ``threshold`` is what one stranger in a hundred reaches."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, clips in spoken.items():
        for number, clip in enumerate(clips):
            soundfile.write(folder / f"{name}_{number:02d}.wav", clip.to_mono(), clip.sample_rate)
    _draw(folder / "similarity.png", likeness(spoken, enrolled), list(spoken), list(enrolled), threshold)


def _draw(path: Path, matrix: Floats, clones: list[str], owners: list[str], threshold: float) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(1.6 + 0.9 * len(owners), 1.6 + 0.7 * len(clones)), layout="constrained")
    image = axes.imshow(matrix, vmin=0.4, vmax=1.0, aspect="auto")
    axes.set_xticks(range(len(owners)), owners)
    axes.set_yticks(range(len(clones)), clones)
    axes.set_xlabel("enrolment of")
    axes.set_ylabel("clone of")
    axes.set_title(f"Mean cosine; in bold above FAR 1 % ({threshold:.3f})", fontsize=10)
    for row, values in enumerate(matrix):
        for column, value in enumerate(values):
            axes.text(
                column,
                row,
                f"{value:.2f}",
                ha="center",
                va="center",
                color="white" if value < 0.75 else "black",
                weight="bold" if value > threshold else "normal",
            )
    figure.colorbar(image)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
