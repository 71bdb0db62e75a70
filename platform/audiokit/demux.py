"""FFmpeg (through PyAV) on memory only: one named demuxer, listed decoders, no protocol, every frame counted."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audiokit.audio import Samples
from audiokit.deadline import Deadline
from audiokit.errors import AudioError
from audiokit.sniff import MP4, Container

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

MIN_RATE, MAX_RATE = 8_000, 192_000
MAX_CHANNELS = 2

# FFmpeg's own probing reads at most this much; every container we accept states its parameters earlier than that.
_PROBE_BYTES = 1_000_000
_AAC_FRAME = 2048  # samples, with spectral band replication
_FULL_SCALE = {"s16": 32768.0, "s32": 2147483648.0, "flt": 1.0, "dbl": 1.0}


class _TimedBytes(io.BytesIO):
    """Input that stops a demuxer which reads and seeks for ever."""

    def __init__(self, data: bytes, deadline: Deadline) -> None:
        super().__init__(data)
        self._deadline = deadline

    def read(self, size: int | None = -1, /) -> bytes:
        self._deadline.check()
        return super().read(size)


def _refuse_to_open(*_: object, **__: object) -> Any:
    raise AudioError("unsupported_format", "The file refers to another file.")


def decode(data: bytes, container: Container, max_seconds: float, deadline: Deadline) -> tuple[Samples, int]:
    """Decode the only sound track of ``data`` to ([channels, time], hertz).

    Raises:
        AudioError: see ``audiokit.decode.read``.
    """
    import av

    options = {
        # Probing would otherwise run any decoder FFmpeg has, such as a picture's.
        "codec_whitelist": ",".join(container.decoders),
        "format_whitelist": container.demuxer,
        "protocol_whitelist": "",
        "probesize": str(_PROBE_BYTES),
        "max_streams": "8",
    }
    source = _TimedBytes(data, deadline)
    try:
        with av.open(
            source,
            mode="r",
            format=container.demuxer,
            container_options=options,
            metadata_errors="replace",
            io_open=_refuse_to_open,
        ) as opened:
            stream = _sound_track(opened, container)
            span = _Span()
            samples, sample_rate = _collect(_frames(opened, stream, span, deadline), max_seconds)
            if container is MP4 and stream.time_base is not None:
                samples = _without_filling(samples, round(span.ticks * stream.time_base * sample_rate))
            return samples, sample_rate
    except (av.FFmpegError, ValueError, OverflowError, MemoryError, NotImplementedError) as error:
        raise AudioError("undecodable", f"The {container.name} content is damaged or of an unknown kind.") from error


def _sound_track(opened: InputContainer, container: Container) -> av.AudioStream:
    """The only sound track, its coding and its declared channels and rate checked."""
    from av.stream import Disposition

    if any(not stream.disposition & Disposition.attached_pic for stream in opened.streams.video):
        raise AudioError("unsupported_format", "The file holds video.")
    if not opened.streams.audio:
        raise AudioError("undecodable", "The file holds no sound.")
    if len(opened.streams.audio) > 1:
        raise AudioError("unsupported_format", "The file holds more than one sound track.")
    stream = opened.streams.audio[0]
    context = stream.codec_context
    if context is None or context.name not in container.decoders:
        raise AudioError("unsupported_format", "The sound is coded in a way we do not read.")
    context.thread_count = 1
    _check_shape(context.channels, context.sample_rate)
    return stream


def _check_shape(channels: int, sample_rate: int) -> None:
    if channels > MAX_CHANNELS:
        raise AudioError("too_many_channels", f"The sound has {channels} channels; {MAX_CHANNELS} are accepted.")
    if channels < 1 or sample_rate < 1:
        raise AudioError("undecodable", "The file does not say how its sound is stored.")
    if not MIN_RATE <= sample_rate <= MAX_RATE:
        raise AudioError("bad_rate", f"The sample rate is {sample_rate} Hz; {MIN_RATE} to {MAX_RATE} Hz are accepted.")


class _Span:
    """The part of a track's time line that its packets state, in ticks from its beginning or zero, whichever is later."""

    def __init__(self) -> None:
        self._first: int | None = None
        self.ticks = 0

    def add(self, packet: av.Packet[av.AudioStream]) -> None:
        """Extend to the end of ``packet``."""
        if packet.pts is None or not packet.duration:
            return
        self._first = packet.pts if self._first is None else self._first
        self.ticks = max(self.ticks, packet.pts + packet.duration - max(0, self._first))


def _without_filling(samples: Samples, stated: int) -> Samples:
    """Cut what fills the last AAC frame beyond the stated end: FFmpeg obeys an MP4 edit list at its start only."""
    excess = samples.shape[1] - stated
    return samples[:, :stated].copy() if 0 < excess <= _AAC_FRAME and stated > 0 else samples


def _frames(
    opened: InputContainer, stream: av.AudioStream, span: _Span, deadline: Deadline
) -> Iterator[tuple[Samples, int]]:
    """Decoded frames as (samples [channels, time], rate)."""
    for packet in opened.demux(stream):
        span.add(packet)
        for frame in packet.decode():
            deadline.check()
            channels = frame.layout.nb_channels
            _check_shape(channels, frame.sample_rate)
            yield _to_float(frame.to_ndarray(), frame.format.name, channels), frame.sample_rate


def _collect(frames: Iterator[tuple[Samples, int]], max_seconds: float) -> tuple[Samples, int]:
    """Join frames until they end or ``max_seconds`` is passed; all must have the first one's channels and rate."""
    parts: list[Samples] = []
    count = channels = sample_rate = 0
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
    """FFmpeg samples, planar [channels, time] or packed [1, time * channels], as float32 [channels, time]."""
    if not sample_format.endswith("p"):
        raw = raw.reshape(-1, channels).T
    kind = sample_format.removesuffix("p")
    if kind == "u8":
        return (raw.astype(np.float32) - 128.0) / np.float32(128.0)
    if kind not in _FULL_SCALE:
        raise AudioError("undecodable", "The sound has samples of an unknown type.")
    # Infinite values and signalling NaNs pass here; the caller refuses them.
    with np.errstate(over="ignore", invalid="ignore"):
        return np.ascontiguousarray(raw.astype(np.float32) * np.float32(1.0 / _FULL_SCALE[kind]))
