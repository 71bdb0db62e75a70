"""An uploaded clip to look at: its envelope and its spectrogram, as small numbers and one grey picture.

Made in the worker, where alone the upload is decoded, and sealed; the web process only hands it out. A spectrogram of a short clip
tells what was said, so it is kept for a day and then destroyed with its key, as the upload was at once.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio, resample

COLUMNS: Final = 600  # about as many as a page has pixels to show them in
ROWS: Final = 128
RATE: Final = 16_000
_WINDOW: Final = 512  # 32 ms: pitch harmonics of most voices stay apart
_LEAST_HOP, _MOST_HOP = 64, 256
_FLOOR_DB: Final = -70.0
_SHADES: Final = 48  # as many as an eye tells apart here; fewer bytes than 256
_BLOCK: Final = 4096  # frames at a time, so that ten minutes need no more memory than ten seconds


@dataclass(frozen=True, slots=True)
class SoundView:
    """What is shown of a clip.

    Attributes:
        seconds: its length.
        highest_hz: top of the spectrogram.
        low, high: least and greatest sample of each column, in [-1, 1].
        picture: PNG, grey, ``ROWS`` high, dark where there is energy; relative to the loudest place.
    """

    seconds: float
    highest_hz: int
    low: tuple[float, ...]
    high: tuple[float, ...]
    picture: bytes

    def to_bytes(self) -> bytes:
        """As it is sealed."""
        levels = {name: [round(127 * value) for value in getattr(self, name)] for name in ("low", "high")}
        picture = base64.b64encode(self.picture).decode()
        return json.dumps(
            {"seconds": self.seconds, "highest_hz": self.highest_hz, "picture": picture, **levels}
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> SoundView:
        """Undo :meth:`to_bytes`."""
        content = json.loads(data)
        low, high = (tuple(value / 127 for value in content[name]) for name in ("low", "high"))
        return cls(content["seconds"], content["highest_hz"], low, high, base64.b64decode(content["picture"]))


def look_at(sound: Audio) -> SoundView:
    """Envelope and spectrogram of a sound that was decoded within bounds.

    Args:
        sound: any rate and channel count, at least one sample.
    """
    samples = resample(Audio.mono(sound.to_mono(), sound.sample_rate), RATE).to_mono()
    if not len(samples):
        samples = np.zeros(1, np.float32)
    pieces = np.array_split(samples, min(COLUMNS, len(samples)))
    return SoundView(
        seconds=round(sound.seconds, 3),
        highest_hz=RATE // 2,
        low=tuple(float(max(-1.0, piece.min())) for piece in pieces),
        high=tuple(float(min(1.0, piece.max())) for piece in pieces),
        picture=_png(_shades(samples)),
    )


def _shades(samples: NDArray[np.float32]) -> NDArray[np.uint8]:
    """``[ROWS, columns]``, lowest frequency last; 255 is silence."""
    padded = np.pad(samples, (0, max(0, _WINDOW - len(samples))))
    hop = int(np.clip(len(padded) // COLUMNS, _LEAST_HOP, _MOST_HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::hop]
    power = np.concatenate([_power(frames[start : start + _BLOCK]) for start in range(0, len(frames), _BLOCK)])
    columns = np.array_split(power, min(COLUMNS, len(power)))
    level = 10 * np.log10(np.stack([column.mean(axis=0) for column in columns], axis=1) + 1e-12)
    share = np.clip((level - level.max()) / -_FLOOR_DB, -1.0, 0.0)  # 0 at the loudest place, -1 at the floor and below
    steps = np.round(-share * (_SHADES - 1))
    return np.asarray(steps * 255 // (_SHADES - 1), dtype=np.uint8)[::-1]


def _power(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean power in ``ROWS`` bands of equal width, ``[frames, ROWS]``."""
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW), axis=1)[:, : 2 * ROWS]) ** 2
    return np.asarray(spectrum.reshape(len(frames), ROWS, 2).mean(axis=2), dtype=np.float32)


def _png(shades: NDArray[np.uint8]) -> bytes:
    import av

    context = av.CodecContext.create("png", "w")
    context.height, context.width = shades.shape
    context.pix_fmt = "gray"
    context.time_base = Fraction(1, 1)
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shades), format="gray")
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])
