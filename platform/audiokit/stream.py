"""Encoding sound while it is being made, for delivery over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from audiokit.audio import Audio, Samples
from audiokit.encode import FORMATS, MAX_CHANNELS, MEDIA_TYPES, AudioFormat, pcm16
from audiokit.errors import AudioError
from audiokit.wav import wav_stream_header

if TYPE_CHECKING:
    import av

# M4A needs its index, so AAC is streamed as ADTS.
STREAM_MEDIA_TYPES: dict[str, str] = {**MEDIA_TYPES, "aac": "audio/aac"}

# (muxer, encoder, bit/s a channel, rate or None for the sound's own, muxer options)
_RECIPES: dict[str, tuple[str, str, int, int | None, dict[str, str]]] = {
    "mp3": ("mp3", "libmp3lame", 128_000, 48_000, {"write_xing": "0", "id3v2_version": "0"}),
    "opus": ("ogg", "libopus", 48_000, 48_000, {"page_duration": "100000"}),
    "aac": ("adts", "aac", 96_000, 48_000, {}),
    "flac": ("flac", "flac", 0, None, {}),
}


class _Encoder(Protocol):
    def push(self, sound: Audio) -> bytes: ...

    def flush(self) -> bytes: ...


class StreamEncoder:
    """Turns successive pieces of one sound into successive pieces of one file.

    The joined output decodes to the joined input; codecs hold back up to about 100 ms until more comes or ``flush`` is called. As the
    length is not known when the head is sent, WAV and FLAC state none, MP3 has no table of contents, AAC is ADTS, and the
    encoder delay of MP3 and AAC stays audible as silence of at most 70 ms.

    Args:
        format: as for ``audiokit.write``.
        sample_rate: hertz of what is pushed.
        channels: one or two.

    Raises:
        AudioError: ``unsupported_format`` or ``too_many_channels``.
    """

    def __init__(self, format: AudioFormat, sample_rate: int, channels: int = 1) -> None:  # noqa: A002 -- as ``write``
        if format not in FORMATS:
            raise AudioError("unsupported_format", f"{format!r} is none of {', '.join(FORMATS)}.")
        if not 1 <= channels <= MAX_CHANNELS:
            raise AudioError("too_many_channels", f"{channels} channels cannot be delivered; mono and stereo can.")
        self._shape = (channels, sample_rate)
        self._open = True
        self._encoder: _Encoder
        if format in _RECIPES:
            self._encoder = _Ffmpeg(format, sample_rate, channels)
        else:
            self._encoder = _Pcm(wav_stream_header(sample_rate, channels) if format == "wav" else b"")

    def push(self, sound: Audio) -> bytes:
        """Encode the next piece; the result may be empty.

        Raises:
            ValueError: for another rate or number of channels, or after ``flush``.
        """
        if not self._open:
            raise ValueError("the stream has ended")
        if (sound.channels, sound.sample_rate) != self._shape:
            raise ValueError(f"expected channels and rate {self._shape}, got {(sound.channels, sound.sample_rate)}")
        return self._encoder.push(sound)

    def flush(self) -> bytes:
        """End the stream and return what was held back; later calls return nothing."""
        if not self._open:
            return b""
        self._open = False
        return self._encoder.flush()


class _Pcm:
    """Samples as they are, after an optional header."""

    def __init__(self, header: bytes) -> None:
        self._header = header

    def push(self, sound: Audio) -> bytes:
        header, self._header = self._header, b""
        return header + pcm16(sound)

    def flush(self) -> bytes:
        header, self._header = self._header, b""
        return header


class _Sink:
    """An output that cannot seek and forgets what was taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        out = b"".join(self._pieces)
        self._pieces.clear()
        return out


class _Ffmpeg:
    """A muxer and an encoder of FFmpeg on a ``_Sink``, with a resampler before them where the format asks for a rate."""

    def __init__(self, name: str, sample_rate: int, channels: int) -> None:
        import av
        import soxr

        muxer, encoder, bits, wanted_rate, options = _RECIPES[name]
        self._rate = wanted_rate or sample_rate
        self._layout = "mono" if channels == 1 else "stereo"
        self._resampler = None
        if self._rate != sample_rate:
            self._resampler = soxr.ResampleStream(sample_rate, self._rate, channels, dtype="float32", quality="HQ")
        self._sink = _Sink()
        self._frames = 0
        options = {"fflags": "+bitexact", "flush_packets": "1", **options}
        self._container = av.open(self._sink, mode="w", format=muxer, container_options=options)
        stream = self._container.add_stream(encoder, rate=self._rate, layout=self._layout)
        if not isinstance(stream, av.AudioStream):
            raise TypeError(f"{encoder} is no audio encoder")
        if bits:
            stream.bit_rate = bits * channels
        self._stream: av.AudioStream = stream

    def push(self, sound: Audio) -> bytes:
        self._encode(self._resampled(sound.samples, last=False))
        return self._sink.take()

    def flush(self) -> bytes:
        self._encode(self._resampled(np.zeros((1 if self._layout == "mono" else 2, 0), np.float32), last=True))
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._sink.take()

    def _resampled(self, samples: Samples, *, last: bool) -> Samples:
        if self._resampler is None:
            return samples
        out: Samples = self._resampler.resample_chunk(np.ascontiguousarray(samples.T), last=last).T
        return out

    def _encode(self, samples: Samples) -> None:
        import av

        if not samples.shape[1]:
            return
        clipped = np.ascontiguousarray(np.clip(samples, -1.0, 1.0))
        frame = av.AudioFrame.from_ndarray(clipped, format="fltp", layout=self._layout)
        frame.sample_rate = self._rate
        frame.pts = self._frames
        self._frames += samples.shape[1]
        self._container.mux(self._stream.encode(frame))
