"""What the clip holds, to look at: its spectrogram and its manifest."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

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


def read_manifest(clip: bytes) -> dict[str, Any]:
    """The clip's C2PA manifest as any reader sees it."""
    import c2pa

    with c2pa.Reader("audio/wav", io.BytesIO(clip)) as reader:
        store = json.loads(reader.json())
    active = store["manifests"][store["active_manifest"]]
    signature = active.get("signature_info", {})
    named = active.get("claim_generator_info") or [{}]
    return {
        "claim_generator": named[0].get("name", ""),
        "signer": signature.get("common_name") or signature.get("issuer"),
        "manifest": active,
        "validation_state": store.get("validation_state"),
    }
