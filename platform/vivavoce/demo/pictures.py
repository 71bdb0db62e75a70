"""Spectrograms of a clip, as a picture a person can look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiokit import read

WINDOW, HOP = 512, 128
FLOOR_DB = -80.0


def levels(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Power in dB below the loudest cell, shape ``[bins, frames]``."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP] * np.hanning(WINDOW)
    power = 20 * np.log10(np.abs(np.fft.rfft(frames)).T + 1e-9)
    return np.asarray(np.maximum(power - power.max(), FLOOR_DB))


def spectrogram(clip: bytes, out: Path, *, title: str) -> None:
    """Draw one clip into a PNG file."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    audio = read(clip, max_seconds=120, max_bytes=2**25)
    figure, axes = plt.subplots(figsize=(10, 3.4), layout="constrained")
    image = axes.imshow(
        levels(audio.to_mono()),
        origin="lower",
        aspect="auto",
        extent=(0, audio.seconds, 0, audio.sample_rate / 2000),
        cmap="magma",
        vmin=FLOOR_DB,
        vmax=0,
    )
    axes.set(xlabel="seconds", ylabel="kHz", title=title)
    figure.colorbar(image, label="dB below the peak")
    figure.savefig(out, dpi=110)
    plt.close(figure)
