"""Decoding sound from outside, with every size bounded before anything is allocated."""

from __future__ import annotations

import stat
from pathlib import Path

import numpy as np

from audiokit.audio import Audio, Samples
from audiokit.deadline import Deadline
from audiokit.demux import decode
from audiokit.errors import AudioError
from audiokit.sniff import FLAC, sniff
from audiokit.structure import flac_frames, sound_part

MIN_SECONDS = 0.02
DECODE_SECONDS = 30.0
# Floating-point files may pass full scale, by 24 dB here; integers written as floats, and 1e38, are mistakes or attacks.
MAX_PEAK = 16.0


def read(
    source: Path | bytes, *, max_seconds: float, max_bytes: int, max_decode_seconds: float = DECODE_SECONDS
) -> Audio:
    """Decode a WAV, FLAC, MP3, Ogg (Opus, Vorbis, FLAC), M4A/MP4 (AAC), WebM/Matroska, ADTS AAC or AIFF file.

    The format is found from the content. Cover pictures are skipped unread; a second sound track or a video track is
    refused, because two listeners could hear two different things.

    Args:
        source: the file, or its content.
        max_seconds: longest duration accepted; decoding stops there.
        max_bytes: largest file accepted; a longer one is not read.
        max_decode_seconds: wall-clock limit of the decoding.

    Returns:
        Audio with one or two channels, 8 to 192 kHz, at least 20 ms, all samples finite.

    Raises:
        AudioError: ``empty``, ``too_large``, ``unsupported_format``, ``undecodable``, ``too_many_channels``,
            ``bad_rate``, ``too_long``, ``too_short``, ``not_finite`` or ``decode_timeout``; nothing else comes from the
            content.
        OSError: when ``source`` is a path that cannot be opened.
    """
    data = _load(source, max_bytes)
    deadline = Deadline(max_decode_seconds)
    container = sniff(data)
    part = sound_part(data, container, deadline)
    samples, sample_rate = decode(part, container, max_seconds, deadline)
    if container is FLAC and flac_frames(part) not in (0, samples.shape[1]):
        raise AudioError("undecodable", f"The header states {flac_frames(part)} samples; {samples.shape[1]} are there.")
    _check_samples(samples, sample_rate)
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


def _check_samples(samples: Samples, sample_rate: int) -> None:
    if samples.shape[1] < MIN_SECONDS * sample_rate:
        raise AudioError("too_short", f"The sound is shorter than {MIN_SECONDS * 1000:.0f} ms.")
    if not np.isfinite(samples).all():
        raise AudioError("not_finite", "The sound has samples that are not numbers.")
    if max(float(samples.max()), -float(samples.min())) > MAX_PEAK:
        raise AudioError("undecodable", "The samples lie far beyond full scale.")
