"""What the mark changes, drawn: for the demonstration, sandbox clips only, and never as sound."""

from __future__ import annotations

import io
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio, resample
from safeguards.gate import SynthesisPermit
from synthesis.egress import delivery
from synthesis.egress.encoding import decode
from synthesis.egress.notice import with_notice
from synthesis.permits import derive_synthesis
from synthesis.render.preparation import render_item
from synthesis.render.speaking import speak
from synthesis.selectors import clip_get
from voices.states import World

_WINDOW: Final = 512
_HOP: Final = 128
_FLOOR_DB: Final = -90.0


def mark_picture(*, clip_id: str, organisation_id: str, world: str) -> bytes:
    """A PNG of three spectrograms: the clip without its mark, with it as delivered, and the difference.

    The text is spoken again in this process, with the same seed, under a permit derived now; only the picture leaves.

    Raises:
        NotFound: no such clip, or a stranger's.
        Refusal: the permission was taken back.
        ValueError: a clip of a living person.
    """
    clip = clip_get(clip_id=clip_id, organisation_id=organisation_id, world=world)
    if clip.world != World.SANDBOX:
        raise ValueError("pictures are drawn of sandbox clips only")
    permit = derive_synthesis(clip.request)
    SynthesisPermit.require(permit, subject=clip.request_id)
    disclosure = clip.request.grant.disclosure if clip.request.grant else "none"
    bare = with_notice(speak(render_item(clip.request)), disclosure, clip.request.language)
    with delivery.open_clip(clip_id=clip_id, organisation_id=organisation_id, world=world) as file:
        heard = decode(file.read(0, file.size), clip.format)
    return _draw(bare, resample(heard, bare.sample_rate))


def _draw(bare: Audio, marked: Audio) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    before, after = bare.to_mono(), marked.to_mono()
    length = min(len(before), len(after))
    rows = [
        ("without the mark (never delivered)", before[:length]),
        ("with the mark, as delivered", after[:length]),
        ("difference", after[:length] - before[:length]),
    ]
    figure = Figure(figsize=(10, 8), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots(len(rows), 1, sharex=True)
    extent = (0.0, length / bare.sample_rate, 0.0, bare.sample_rate / 2000)
    for axis, (title, samples) in zip(axes, rows, strict=True):
        image = axis.imshow(_decibels(samples), origin="lower", aspect="auto", extent=extent, vmin=_FLOOR_DB, vmax=0.0)
        axis.set_title(title)
        axis.set_ylabel("kHz")
    axes[-1].set_xlabel("seconds")
    figure.colorbar(image, ax=list(axes), label="dB")
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=100)
    return out.getvalue()


def _decibels(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Power spectrogram ``[frequency, time]``, relative to a full-scale sine."""
    padded = np.pad(samples, (0, max(0, _WINDOW - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP] * np.hanning(_WINDOW)
    spectrum = np.abs(np.fft.rfft(frames, axis=1)) / (_WINDOW / 4)
    levels: NDArray[np.float64] = np.maximum(20 * np.log10(spectrum + 1e-9), _FLOOR_DB).T
    return levels
