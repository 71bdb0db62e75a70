"""Moods as shifts of pitch, range, rate, energy, tilt and breath.

Directions follow the reviews of Scherer 2003 ("Vocal communication of emotion") and Murray & Arnott 1993; sizes are small,
so that the owner is still heard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from synthesis.engine.errors import EngineError


@dataclass(frozen=True, slots=True)
class Mood:
    """Shifts from neutral.

    Attributes:
        semitones: added to mean F0.
        f0_range: factor on the deviation of F0.
        rate: factor on the rate of speech.
        gain_db: added level.
        tilt: added to the first mel-cepstral coefficient; positive is darker.
        breath_db: added to aperiodicity; positive is breathier.
        pause: factor on pauses.
    """

    semitones: float = 0.0
    f0_range: float = 1.0
    rate: float = 1.0
    gain_db: float = 0.0
    tilt: float = 0.0
    breath_db: float = 0.0
    pause: float = 1.0


MOODS: Final[dict[str, Mood]] = {
    "neutral": Mood(),
    "cheerful": Mood(semitones=1.5, f0_range=1.35, rate=1.06, gain_db=1.0, tilt=-0.06, pause=0.9),
    "calm": Mood(semitones=-0.5, f0_range=0.8, rate=0.92, gain_db=-1.0, tilt=0.05, breath_db=1.0, pause=1.2),
    "sad": Mood(semitones=-1.2, f0_range=0.65, rate=0.86, gain_db=-2.0, tilt=0.1, breath_db=2.0, pause=1.35),
    "serious": Mood(semitones=-0.8, f0_range=0.9, rate=0.95, tilt=-0.02, pause=1.15),
    "encouraging": Mood(semitones=0.8, f0_range=1.2, rate=0.99, gain_db=0.5, tilt=-0.04),
}


def from_valence_arousal(valence: float, arousal: float) -> Mood:
    """A mood from two axes in [-1, 1]: pleasantness and activation.

    Raises:
        EngineError: code ``bad_emotion`` outside that range.
    """
    if not (-1.0 <= valence <= 1.0 and -1.0 <= arousal <= 1.0):
        raise EngineError("bad_emotion", "Valence and arousal lie between -1 and 1.")
    return Mood(
        semitones=1.2 * arousal + 0.5 * valence,
        f0_range=1.0 + 0.25 * arousal + 0.12 * valence,
        rate=1.0 + 0.1 * arousal,
        gain_db=1.5 * arousal,
        tilt=-0.06 * arousal - 0.02 * valence,
        breath_db=-1.0 * min(arousal, 0.0),
        pause=1.0 - 0.2 * arousal,
    )


def mood(name: str | None, valence: float = 0.0, arousal: float = 0.0) -> Mood:
    """A mood by name (None is neutral), moved along the two axes.

    Raises:
        EngineError: code ``bad_emotion``.
    """
    named = MOODS.get(name or "neutral")
    if named is None:
        raise EngineError("bad_emotion", f"There is no emotion {name!r}; there are {', '.join(MOODS)}.")
    moved = from_valence_arousal(valence, arousal)
    return Mood(
        semitones=named.semitones + moved.semitones,
        f0_range=named.f0_range * moved.f0_range,
        rate=named.rate * moved.rate,
        gain_db=named.gain_db + moved.gain_db,
        tilt=named.tilt + moved.tilt,
        breath_db=named.breath_db + moved.breath_db,
        pause=named.pause * moved.pause,
    )
