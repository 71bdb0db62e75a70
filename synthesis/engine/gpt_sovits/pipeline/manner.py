"""Pitch, liveliness and level, applied to sound that is already spoken (by WORLD, Morise et al. 2016).

The networks have no handle for these: what they know of mood comes with the reference. A voice that has a reference of the
mood asked for needs none of this; another is moved a little along the axes of valence and arousal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyworld
from numpy.typing import NDArray

from synthesis.engine.gpt_sovits.sovits.config import SAMPLE_RATE
from synthesis.engine.parametric.emotion import Mood, from_valence_arousal, mood
from synthesis.engine.protocol import RenderItem

Floats = NDArray[np.float32]
_PERIOD_MS: Final = 5.0
_F0_LIMITS: Final = (55.0, 800.0)
_PEAK: Final = 0.98


@dataclass(frozen=True, slots=True)
class Manner:
    """What to change.

    Attributes:
        semitones: added to F0.
        f0_range: factor on the deviation of log F0 from its mean.
        gain_db: added level.
    """

    semitones: float = 0.0
    f0_range: float = 1.0
    gain_db: float = 0.0

    @property
    def changes_pitch(self) -> bool:
        """Whether F0 is touched at all; if not, no vocoder is run over the sound."""
        return self.semitones != 0.0 or self.f0_range != 1.0


def asked(item: RenderItem, *, recorded: bool) -> tuple[Manner, float]:
    """Manner, and factor on the rate of speech, that an item asks for.

    Args:
        item: its emotion, valence, arousal and pitch.
        recorded: the voice has a reference of this emotion, which says it better than any shift.

    Raises:
        EngineError: ``bad_emotion``.
    """
    named = mood(item.emotion)
    named = Mood() if recorded else named
    axes = from_valence_arousal(item.valence, item.arousal)
    shift = Manner(
        named.semitones + axes.semitones + item.pitch,
        named.f0_range * axes.f0_range,
        named.gain_db + axes.gain_db,
    )
    return shift, named.rate * axes.rate


def apply(samples: Floats, manner: Manner) -> Floats:
    """32 kHz ``[T]`` to the same length, in another manner."""
    out = samples.astype(np.float64)
    if manner.changes_pitch and len(samples) >= SAMPLE_RATE // 10:
        out = _repitched(out, manner)
    out *= 10.0 ** (manner.gain_db / 20.0)
    peak = float(np.abs(out).max(initial=0.0))
    return (out * min(1.0, _PEAK / max(peak, 1e-9)) if peak > _PEAK else out).astype(np.float32)


def _repitched(samples: NDArray[np.float64], manner: Manner) -> NDArray[np.float64]:
    f0, times = pyworld.dio(samples, SAMPLE_RATE, frame_period=_PERIOD_MS)
    f0 = pyworld.stonemask(samples, f0, times, SAMPLE_RATE)
    envelope = pyworld.cheaptrick(samples, f0, times, SAMPLE_RATE)
    aperiodicity = pyworld.d4c(samples, f0, times, SAMPLE_RATE)
    voiced = f0 > 0
    if not voiced.any():
        return samples
    logs = np.log(f0[voiced])
    centre = logs.mean()
    moved = np.exp(centre + manner.f0_range * (logs - centre) + manner.semitones * np.log(2) / 12)
    f0[voiced] = np.clip(moved, *_F0_LIMITS)
    made = pyworld.synthesize(f0, envelope, aperiodicity, SAMPLE_RATE, frame_period=_PERIOD_MS)
    return np.pad(made, (0, max(0, len(samples) - len(made))))[: len(samples)]
