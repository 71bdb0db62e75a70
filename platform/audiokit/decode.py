"""Decoding sound from outside, with every size bounded before anything is allocated."""

from __future__ import annotations

import io
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audiokit.audio import Audio, Samples
from audiokit.errors import AudioError
from audiokit.sniff import Container, sniff

if TYPE_CHECKING:
    import av

MIN_RATE, MAX_RATE = 8_000, 192_000
MAX_CHANNELS = 2
MIN_SECONDS = 0.02
DECODE_SECONDS = 30.0

# FFmpeg's own probing reads at most this much; every container we accept states its parameters earlier than that.
_PROBE_BYTES = 1_000_000
_FULL_SCALE = {"u8": 128.0, "s16": 32768.0, "s32": 2147483648.0, "flt": 1.0, "dbl": 1.0}


class _Deadline:
    """Wall-clock limit of one decoding."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        if time.monotonic() >= self._end:
            raise AudioError("decode_timeout", "Decoding took too long.")


class _TimedBytes(io.BytesIO):
    """Input that stops a demuxer which reads and seeks for ever."""

    def __init__(self, data: bytes, deadline: _Deadline) -> None:
        super().__init__(data)
        self._deadline = deadline

    def read(self, size: int | None = -1, /) -> bytes:
        self._deadline.check()
        return super().read(size)


def read(
    source: Path | bytes, *, max_seconds: float, max_bytes: int, max_decode_seconds: float = DECODE_SECONDS
) -> Audio:
    """Decode a WAV, FLAC, MP3, Ogg (Opus, Vorbis, FLAC), M4A/MP4 (AAC), WebM/Matroska, ADTS AAC or AIFF file.

    The format is found from the content. Cover pictures are skipped unread; a second sound track or a video track is refused.

    Args:
        source: the file, or its content.
        max_seconds: longest duration accepted; decoding stops there.
        max_bytes: largest file accepted; a longer one is not read.
        max_decode_seconds: wall-clock limit of the decoding.

    Returns:
        Audio with one or two channels, 8 to 192 kHz, at least 20 ms, all samples finite.

    Raises:
        AudioError: ``empty``, ``too_large``, ``unsupported_format``, ``undecodable``, ``too_many_channels``, ``bad_rate``,
            ``too_long``, ``too_short``, ``not_finite`` or ``decode_timeout``; nothing else comes from the content.
        OSError: when ``source`` is a path that cannot be opened.
    """
    data = _load(source, max_bytes)
    container = sniff(data)
    samples, sample_rate = _decode(data, container, max_seconds, _Deadline(max_decode_seconds))
    if samples.shape[1] < MIN_SECONDS * sample_rate:
        raise AudioError("too_short", f"The sound is shorter than {MIN_SECONDS * 1000:.0f} ms.")
    if not np.isfinite(samples).all():
        raise AudioError("not_finite", "The sound has samples that are not numbers.")
    return Audio(samples, sample_rate)


def _load(source: Path | bytes, max_bytes: int) -> bytes:
    """Bring at most ``max_bytes`` into memory."""
    if isinstance(source, bytes):
        data = source
    else:
        # A pipe or device would block or never end.
        if not stat.S_ISREG(source.stat().st_mode):
            raise AudioError("unsupported_format", "This is not a regular file.")
        with source.open("rb") as handle:
            data = handle.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise AudioError("too_large", f"The file is larger than {max_bytes} bytes.")
    return data


def _refuse_to_open(url: str, flags: int, options: dict[str, str]) -> Any:
    raise AudioError("unsupported_format", "The file refers to another file.")


def _decode(data: bytes, container: Container, max_seconds: float, deadline: _Deadline) -> tuple[Samples, int]:
    """Run FFmpeg on memory only: one named demuxer, listed decoders, no protocol."""
    import av

    try:
        with av.open(
            _TimedBytes(data, deadline),
            format=container.demuxer,
            container_options={
                "codec_whitelist": ",".join(container.decoders),
                "format_whitelist": container.demuxer,
                "protocol_whitelist": "",
                "probesize": str(_PROBE_BYTES),
                "max_streams": "8",
            },
            metadata_errors="replace",
            io_open=_refuse_to_open,
        ) as opened:
            stream = _sound_track(opened)
            return _collect(_frames(opened, stream, deadline), max_seconds)
    except AudioError:
        raise
    except (av.FFmpegError, ValueError, OverflowError, MemoryError, NotImplementedError) as error:
        raise AudioError("undecodable", f"The {container.name} content is damaged or of an unknown kind.") from error


def _sound_track(opened: av.container.InputContainer) -> av.AudioStream:
    """The only sound track, its declared channels and rate checked."""
    from av.stream import Disposition

    if any(not stream.disposition & Disposition.attached_pic for stream in opened.streams.video):
        raise AudioError("unsupported_format", "The file holds video.")
    if not opened.streams.audio:
        raise AudioError("undecodable", "The file holds no sound.")
    if len(opened.streams.audio) > 1:
        raise AudioError("unsupported_format", "The file holds more than one sound track.")
    stream = opened.streams.audio[0]
    if stream.codec_context is None:
        raise AudioError("unsupported_format", "The sound is stored in a way we do not read.")
    stream.codec_context.thread_count = 1
    _check_shape(stream.codec_context.channels, stream.codec_context.sample_rate)
    return stream


def _check_shape(channels: int, sample_rate: int) -> None:
    if channels > MAX_CHANNELS:
        raise AudioError("too_many_channels", f"The sound has {channels} channels; {MAX_CHANNELS} are accepted.")
    if channels < 1:
        raise AudioError("undecodable", "The sound has no channel.")
    if not MIN_RATE <= sample_rate <= MAX_RATE:
        raise AudioError("bad_rate", f"The sample rate is {sample_rate} Hz; {MIN_RATE} to {MAX_RATE} Hz are accepted.")


def _frames(
    opened: av.container.InputContainer, stream: av.AudioStream, deadline: _Deadline
) -> Iterator[tuple[Samples, int]]:
    """Decoded frames as (samples [channels, time], rate)."""
    for packet in opened.demux(stream):
        for frame in packet.decode():
            deadline.check()
            _check_shape(frame.layout.nb_channels, frame.sample_rate)
            yield _to_float(frame.to_ndarray(), frame.format.name, frame.layout.nb_channels), frame.sample_rate


def _collect(frames: Iterator[tuple[Samples, int]], max_seconds: float) -> tuple[Samples, int]:
    """Join frames until they end or ``max_seconds`` is passed; all must have the first one's channels and rate."""
    parts: list[Samples] = []
    count = 0
    channels = sample_rate = 0
    for samples, rate in frames:
        if not parts:
            channels, sample_rate = samples.shape[0], rate
        elif (samples.shape[0], rate) != (channels, sample_rate):
            raise AudioError("undecodable", "Channels or sample rate change within the sound.")
        count += samples.shape[1]
        if count > max_seconds * sample_rate:
            raise AudioError("too_long", f"The sound is longer than {max_seconds:g} s.")
        parts.append(samples)
    if not count:
        raise AudioError("too_short", "The file holds no sample of sound.")
    return np.concatenate(parts, axis=1), sample_rate


def _to_float(raw: NDArray[Any], sample_format: str, channels: int) -> Samples:
    """FFmpeg samples, planar ``[channels, time]`` or packed ``[1, time * channels]``, as float32 ``[channels, time]``."""
    if not sample_format.endswith("p"):
        raw = raw.reshape(-1, channels).T
    kind = sample_format.removesuffix("p")
    if kind == "u8":
        return ((raw.astype(np.float32) - 128.0) / np.float32(128.0)).astype(np.float32)
    return (raw.astype(np.float64 if kind == "s32" else np.float32) / _FULL_SCALE[kind]).astype(np.float32)
