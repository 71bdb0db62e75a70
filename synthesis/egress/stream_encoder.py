"""Encoding sound that has no known end, for delivery while it is still being made."""

from __future__ import annotations

import io
from typing import Final, Protocol

import av
import numpy as np

from audiokit import Audio, wav_stream_header
from audiokit.encode import pcm16

_MP3_RATES: Final = (16_000, 22_050, 24_000, 32_000, 44_100, 48_000)


class StreamEncoder(Protocol):
    """Takes sound piece by piece; what came out so far is always a playable beginning."""

    def push(self, sound: Audio) -> bytes:
        """Encode a piece; returns the bytes that are ready, perhaps none."""

    def flush(self) -> bytes:
        """End the stream; returns what is left."""


class PcmEncoder:
    """Signed 16-bit samples, with the header of an endless WAV file before them if asked for."""

    def __init__(self, header: bytes = b"") -> None:
        self._header = header

    def push(self, sound: Audio) -> bytes:
        """Header, once, and samples."""
        head, self._header = self._header, b""
        return head + pcm16(sound)

    def flush(self) -> bytes:
        """Nothing is held back."""
        return b""


class Mp3Encoder:
    """MPEG audio frames at 128 kbit/s, without tags, so that the bytes can be cut and joined at windows."""

    def __init__(self, rate: int, channels: int) -> None:
        if rate not in _MP3_RATES:
            raise ValueError(f"MP3 is encoded at one of {_MP3_RATES} Hz, got {rate}")
        self._out = io.BytesIO()
        self._layout = "mono" if channels == 1 else "stereo"
        options = {"write_id3v2": "0", "write_xing": "0", "fflags": "+bitexact"}
        self._container = av.open(self._out, "w", format="mp3", container_options=options)
        self._stream = self._container.add_stream("libmp3lame", rate=rate, layout=self._layout)
        self._stream.bit_rate = 128_000 * channels
        self._taken = 0
        self._pts = 0

    def push(self, sound: Audio) -> bytes:
        """The frames that are complete."""
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(np.clip(sound.samples, -1.0, 1.0)), format="fltp", layout=self._layout
        )
        frame.sample_rate = sound.sample_rate
        frame.pts = self._pts
        self._pts += sound.samples.shape[1]
        self._container.mux(self._stream.encode(frame))
        return self._ready()

    def flush(self) -> bytes:
        """The last frames."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._ready()

    def _ready(self) -> bytes:
        data = self._out.getvalue()
        fresh, self._taken = data[self._taken :], len(data)
        return fresh


def stream_encoder(format: str, rate: int, channels: int) -> StreamEncoder:  # noqa: A002 -- DESIGN's word
    """The encoder of one stream.

    Raises:
        ValueError: for a format that cannot be streamed.
    """
    if format == "pcm":
        return PcmEncoder()
    if format == "wav":
        return PcmEncoder(wav_stream_header(rate, channels))
    if format == "mp3":
        return Mp3Encoder(rate, channels)
    raise ValueError(f"{format!r} cannot be streamed")
