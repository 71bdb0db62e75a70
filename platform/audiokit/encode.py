"""Encoding sound for delivery, in memory."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from audiokit.audio import Audio
from audiokit.errors import AudioError
from audiokit.resample import resample
from audiokit.wav import wav_header

AudioFormat = Literal["wav", "flac", "mp3", "opus", "aac", "pcm"]
MAX_CHANNELS = 2
FORMATS: tuple[AudioFormat, ...] = get_args(AudioFormat)

MEDIA_TYPES: dict[str, str] = {
    "wav": "audio/wav",
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "opus": "audio/ogg; codecs=opus",
    "aac": "audio/mp4",
    "pcm": "audio/pcm",
}
EXTENSIONS: dict[str, str] = {
    "wav": ".wav",
    "flac": ".flac",
    "mp3": ".mp3",
    "opus": ".opus",
    "aac": ".m4a",
    "pcm": ".pcm",
}


@dataclass(frozen=True, slots=True)
class _Lossy:
    """How FFmpeg makes one lossy format; a rate not among ``rates`` is converted to the last of them."""

    muxer: str
    encoder: str
    bits_per_channel: int
    rates: tuple[int, ...]
    muxer_options: dict[str, str]


_LOSSY = {
    # MPEG-2.5 rates (8 to 12 kHz) are left out: 64 kbit/s is their ceiling.
    "mp3": _Lossy(
        "mp3", "libmp3lame", 128_000, (16_000, 22_050, 24_000, 32_000, 44_100, 48_000), {"id3v2_version": "0"}
    ),
    "opus": _Lossy("ogg", "libopus", 48_000, (48_000,), {}),
    "aac": _Lossy("ipod", "aac", 96_000, (16_000, 22_050, 24_000, 32_000, 44_100, 48_000), {"movflags": "+faststart"}),
}


def write(audio: Audio, format: AudioFormat) -> bytes:  # noqa: A002 -- the public name
    """Encode ``audio``; equal sound gives equal bytes.

    Args:
        audio: one or two channels; samples beyond [-1, 1] are clipped.
        format: ``wav`` (PCM 16 bit), ``flac`` (16 bit), ``mp3`` (128 kbit/s a channel, at most 160 in all below
            32 kHz), ``opus`` (Ogg, 48 kHz, 48 kbit/s a channel), ``aac`` (M4A, 96 kbit/s a channel, index first) or
            ``pcm`` (interleaved signed 16-bit little-endian without a header).

    Samples are rounded to 16 bit without dither: the rounding noise, 98 dB below full scale, lies under that of any
    recorded or synthesised voice, and dither would make the bytes differ from call to call.

    Raises:
        AudioError: ``empty``, ``too_many_channels`` or ``unsupported_format``.
    """
    if not audio.samples.size:
        raise AudioError("empty", "There is no sound to encode.")
    if audio.channels > MAX_CHANNELS:
        raise AudioError("too_many_channels", f"{audio.channels} channels cannot be delivered; mono and stereo can.")
    if format == "pcm":
        return pcm16(audio)
    if format == "wav":
        body = pcm16(audio)
        return wav_header(audio.sample_rate, audio.channels, len(body)) + body
    if format == "flac":
        return _flac(audio)
    if format in _LOSSY:
        return _lossy(audio, _LOSSY[format])
    raise AudioError("unsupported_format", f"{format!r} is none of {', '.join(FORMATS)}.")


def pcm16(audio: Audio) -> bytes:
    """Interleaved signed 16-bit little-endian samples; +1.0 becomes 32767."""
    return _int16(audio).tobytes()


def _int16(audio: Audio) -> NDArray[np.int16]:
    """Samples rounded to 16 bit [time, channels]."""
    scaled = np.rint(audio.samples.T * np.float32(32768.0))
    whole: NDArray[np.int16] = np.clip(scaled, -32768, 32767).astype("<i2")
    return whole


def _flac(audio: Audio) -> bytes:
    import soundfile

    out = io.BytesIO()
    soundfile.write(out, _int16(audio), audio.sample_rate, format="FLAC", subtype="PCM_16")
    return out.getvalue()


def _lossy(audio: Audio, recipe: _Lossy) -> bytes:
    import av

    rate = audio.sample_rate if audio.sample_rate in recipe.rates else recipe.rates[-1]
    sound = resample(audio, rate)
    layout = "mono" if sound.channels == 1 else "stereo"
    frame = av.AudioFrame.from_ndarray(np.clip(sound.samples, -1.0, 1.0), format="fltp", layout=layout)
    frame.sample_rate = rate
    frame.pts = 0
    out = io.BytesIO()

    def reopen(*_: object, **__: object) -> io.BytesIO:
        # To put the index first, the muxer reads back what it has written.
        return io.BytesIO(out.getvalue())

    # Bit-exact muxing leaves out time stamps, version strings and random stream numbers.
    options = {"fflags": "+bitexact", **recipe.muxer_options}
    with av.open(out, mode="w", format=recipe.muxer, container_options=options, io_open=reopen) as container:
        stream = container.add_stream(recipe.encoder, rate=rate, layout=layout)
        if not isinstance(stream, av.AudioStream):
            raise TypeError(f"{recipe.encoder} is no audio encoder")
        stream.bit_rate = recipe.bits_per_channel * sound.channels
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()
