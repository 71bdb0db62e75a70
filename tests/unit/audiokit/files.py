"""Files made for the tests of audiokit: every container we read, from one short sound."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from functools import lru_cache

import av
import numpy as np
from numpy.typing import NDArray

from audiokit import FORMATS, Audio, resample, write


def tone(hz: float, seconds: float, sample_rate: int, amplitude: float = 0.5) -> Audio:
    """A mono sine."""
    return Audio.mono(
        amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * sample_rate)) / sample_rate), sample_rate
    )


def vowel(seconds: float = 0.5, sample_rate: int = 16_000) -> Audio:
    """Harmonics of 120 Hz under a falling envelope with a little noise: speech enough for a codec."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    partials = sum(np.sin(2 * np.pi * 120 * k * time + k * k) / k for k in range(1, 20))
    noise = np.random.default_rng(1).standard_normal(len(time))
    return Audio.mono(0.15 * partials + 0.003 * noise, sample_rate)


def stereo(audio: Audio) -> Audio:
    """The first channel, twice."""
    return Audio(np.repeat(audio.samples[:1], 2, axis=0), audio.sample_rate)


def encoded(muxer: str, encoder: str, audio: Audio, *, tracks: int = 1, options: dict[str, str] | None = None) -> bytes:
    """``audio`` by FFmpeg, its first channel in each channel of the layout that ``audio.channels`` names."""
    layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}[audio.channels]
    out = io.BytesIO()
    with av.open(out, "w", format=muxer, container_options=options or {}) as container:
        streams = [container.add_stream(encoder, rate=audio.sample_rate, layout=layout) for _ in range(tracks)]
        for stream in streams:
            assert isinstance(stream, av.AudioStream)
            stream.options = {"strict": "experimental"}  # for FFmpeg's own Vorbis encoder
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(audio.samples), format="fltp", layout=layout)
            frame.sample_rate, frame.pts = audio.sample_rate, 0
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return out.getvalue()


def video_file(muxer: str, encoder: str) -> bytes:
    """A second of black 64 x 64 pictures without sound."""
    out = io.BytesIO()
    with av.open(out, "w", format=muxer) as container:
        stream = container.add_stream(encoder, rate=5)
        assert isinstance(stream, av.VideoStream)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((96, 64), np.uint8), format="yuv420p")))
        container.mux(stream.encode(None))
    return out.getvalue()


def wav_bytes(
    samples: NDArray[np.generic],
    *,
    sample_rate: int = 16_000,
    channels: int = 1,
    code: int = 1,
    riff_size: int | None = None,
    data_size: int | None = None,
    extra: bytes = b"",
) -> bytes:
    """A WAV file around raw little-endian ``samples``; sizes can be made to lie, ``extra`` comes after the sound."""
    body = samples.tobytes()
    width = samples.dtype.itemsize
    fmt = struct.pack(
        "<HHIIHH", code, channels, sample_rate, sample_rate * width * channels, width * channels, 8 * width
    )
    size = len(body) if data_size is None else data_size
    rest = b"WAVE" + b"fmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", size) + body + extra
    return b"RIFF" + struct.pack("<I", len(rest) if riff_size is None else riff_size) + rest


_RECIPES: dict[str, Callable[[], bytes]] = {
    "webm": lambda: encoded("webm", "libopus", resample(vowel(), 48_000)),
    "webm_live": lambda: encoded("webm", "libopus", resample(vowel(), 48_000), options={"live": "1"}),
    "matroska_pcm": lambda: encoded("matroska", "pcm_s16le", vowel()),
    "adts": lambda: encoded("adts", "aac", resample(vowel(), 44_100)),
    "mp4_fragmented": lambda: encoded(
        "mp4", "aac", resample(vowel(), 44_100), options={"movflags": "frag_keyframe+empty_moov"}
    ),
    "ogg_flac": lambda: encoded("ogg", "flac", vowel()),
    "ogg_vorbis": lambda: encoded("ogg", "vorbis", stereo(resample(vowel(), 44_100))),
    "wav_float": lambda: encoded("wav", "pcm_f32le", vowel()),
    "wav_24": lambda: encoded("wav", "pcm_s24le", resample(vowel(), 96_000)),
    "wav_8": lambda: encoded("wav", "pcm_u8", resample(vowel(), 8_000)),
    "wav_mulaw": lambda: encoded("wav", "pcm_mulaw", resample(vowel(), 8_000)),
    "wav_extensible": lambda: encoded("wav", "pcm_s32le", resample(vowel(), 192_000)),
    "aiff": lambda: encoded("aiff", "pcm_s16be", vowel()),
}


@lru_cache(maxsize=1)
def all_files() -> dict[str, bytes]:
    """Half a second of ``vowel`` in each container and coding we read."""
    return {name: write(vowel(), name) for name in FORMATS if name != "pcm"} | {
        name: make() for name, make in _RECIPES.items()
    }


def names() -> Iterator[str]:
    """Names of ``all_files``, for parametrising without encoding."""
    yield from (name for name in FORMATS if name != "pcm")
    yield from _RECIPES
