"""What the mark changes, drawn: spectrograms of a sandbox clip as delivered, as rendered, and of the difference.

Nothing but a picture comes out of here: 8-bit colours of magnitudes, at a resolution that speech cannot be made of again.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio, read, resample
from synthesis.egress import delivery
from synthesis.errors import RequestInvalid
from synthesis.render.again import render_again
from synthesis.selectors import clip_get

WINDOW, HOP = 512, 160
FLOOR_DB = -75.0
_MAX_SECONDS, _MAX_BYTES = 600.0, 2**27


def levels(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Magnitudes in dB, shape ``[bins, frames]``."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP] * np.hanning(WINDOW)
    return np.asarray(20 * np.log10(np.abs(np.fft.rfft(frames)).T + 1e-7))


def mark_picture(*, clip_id: str, organisation_id: str, world: str) -> bytes:
    """A PNG with three panels: with the mark, without it, and what it changed.

    Raises:
        ObjectDoesNotExist: no such clip for this organisation.
        RequestInvalid: ``sandbox_only``, ``text_erased``, ``lossy_format`` (compare a WAV or FLAC clip).
    """
    clip = clip_get(clip_id=clip_id, organisation_id=organisation_id, world=world)
    if clip.format not in {"wav", "flac"}:
        raise RequestInvalid("lossy_format", "A codec changes more than the mark does; compare a WAV or FLAC clip.")
    file = delivery.open_clip(clip_id=clip_id, organisation_id=organisation_id, world=world)
    marked = read(file.read(0, file.size), max_seconds=_MAX_SECONDS, max_bytes=_MAX_BYTES)
    plain = resample(render_again(clip.request), marked.sample_rate)
    return _draw(marked, plain)


def _draw(marked: Audio, plain: Audio) -> bytes:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    length = min(marked.samples.shape[1], plain.samples.shape[1])
    with_mark, without = levels(marked.to_mono()[-length:]), levels(plain.to_mono()[-length:])
    top = float(without.max())
    change = np.where(without > top + FLOOR_DB, with_mark - without, 0.0)
    figure, axes = plt.subplots(3, 1, figsize=(11, 8.5), sharex=True, layout="constrained")
    extent = (0.0, length / marked.sample_rate, 0.0, marked.sample_rate / 2000)
    panels = (
        (with_mark - top, "with the mark (as delivered)", "magma", FLOOR_DB, 0.0, "dB below the peak"),
        (without - top, "without the mark", "magma", FLOOR_DB, 0.0, "dB below the peak"),
        (change, "what the mark changed", "coolwarm", -6.0, 6.0, "dB"),
    )
    for axis, (image, title, colours, low, high, unit) in zip(axes, panels, strict=True):
        shown = axis.imshow(image, origin="lower", aspect="auto", extent=extent, cmap=colours, vmin=low, vmax=high)
        axis.set(title=title, ylabel="kHz")
        figure.colorbar(shown, ax=axis, label=unit)
    axes[-1].set_xlabel("seconds")
    out = io.BytesIO()
    figure.savefig(out, dpi=100, format="png")
    plt.close(figure)
    return out.getvalue()
