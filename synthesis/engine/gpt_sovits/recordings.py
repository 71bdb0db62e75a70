"""Recordings of a person, measured and made ready: level, noise, clipping, where speech begins and ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio, resample
from audiokit.loudness import clipping_share, estimate_snr_db
from audiokit.vad import speech_spans

LEAST_SNR_DB: Final = 10.0
MOST_CLIPPED: Final = 0.005
_MARGIN_S: Final = 0.1
_LOUDEST: Final = 2.0

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Quality:
    """How good a recording is.

    Attributes:
        snr_db: signal-to-noise ratio, estimated.
        clipped: share of samples that are cut off.
        speech: spans of speech in seconds.
        seconds: length in all.
    """

    snr_db: float
    clipped: float
    speech: tuple[tuple[float, float], ...]
    seconds: float

    @property
    def spoken_seconds(self) -> float:
        """Seconds of speech."""
        return sum(end - start for start, end in self.speech)

    @property
    def problem(self) -> str | None:
        """Code of what is wrong: ``silent``, ``noisy`` or ``clipped``; None for nothing."""
        if self.spoken_seconds < 0.3:
            return "silent"
        if self.clipped > MOST_CLIPPED:
            return "clipped"
        return "noisy" if self.snr_db < LEAST_SNR_DB else None


def measure(audio: Audio) -> Quality:
    """Measure a recording."""
    spans = tuple(speech_spans(audio))
    return Quality(estimate_snr_db(audio), clipping_share(audio), spans, audio.seconds)


def trimmed(audio: Audio, quality: Quality) -> Audio:
    """Without the silence before the first and after the last word, a tenth of a second left at each end."""
    if not quality.speech:
        return audio
    start = max(0.0, quality.speech[0][0] - _MARGIN_S)
    end = min(audio.seconds, quality.speech[-1][1] + _MARGIN_S)
    return cut(audio, start, end)


def cut(audio: Audio, start: float, end: float) -> Audio:
    """From second ``start`` to second ``end``, mono."""
    rate = audio.sample_rate
    return Audio.mono(audio.to_mono()[round(start * rate) : round(end * rate)], rate)


def samples_at(audio: Audio, sample_rate: int) -> Floats:
    """Mono samples ``[T]`` at a rate; a peak above 1 is brought down, by a factor of two at most, as upstream does."""
    samples = resample(Audio.mono(audio.to_mono(), audio.sample_rate), sample_rate).to_mono()
    peak = float(np.abs(samples).max(initial=0.0))
    return (samples / min(peak, _LOUDEST)).astype(np.float32) if peak > 1.0 else samples


def joined(parts: list[Audio], gap_seconds: float) -> Audio:
    """Recordings one after the other with silence between, at the rate of the first."""
    rate = parts[0].sample_rate
    gap = np.zeros(round(gap_seconds * rate), np.float32)
    pieces: list[Floats] = []
    for part in parts:
        pieces += [resample(Audio.mono(part.to_mono(), part.sample_rate), rate).to_mono(), gap]
    return Audio.mono(np.concatenate(pieces[:-1]), rate)
