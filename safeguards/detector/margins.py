"""How far above even a score must lie before speech is called synthetic, so that channels nobody thought of raise few false alarms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from safeguards.detector.fitting import even_weights, quantile

FALSE_ALARMS = 0.02  # over a channel that was left out, by voices that were left out
_SHARE = 0.005  # of people's speech above the threshold that is set on what is known
_VOICE_GROUPS = 3
_STEP = 0.05  # log odds
_MOST = 6.0


def left_out(
    odds: NDArray[np.float64], channels: NDArray[np.int64], voices: Sequence[str], margin: float
) -> dict[int, float]:
    """False alarms over each channel when its own speech, and the voices heard, had no say in the threshold; every voice counts the same.

    Args:
        odds: calibrated log odds of people's speech.
        channels: which channel each came over.
        voices: whose each is.
        margin: added to every threshold.
    """
    weights = even_weights([f"{channel}/{voice}" for channel, voice in zip(channels, voices, strict=True)])
    names = sorted(set(voices))
    parts = min(_VOICE_GROUPS, len(names))
    groups = np.array([names.index(voice) % parts for voice in voices])
    found = {}
    for channel in sorted(set(channels.tolist())):
        alarms, whole = 0.0, 0.0
        for group in range(parts):
            known = (channels != channel) & ((groups != group) | (parts == 1))
            heard = (channels == channel) & (groups == group)
            threshold = quantile(odds[known], weights[known], 1.0 - _SHARE) + margin
            alarms += float(weights[heard][odds[heard] >= threshold].sum())
            whole += float(weights[heard].sum())
        found[channel] = alarms / whole
    return found


def highest(odds: NDArray[np.float64], channels: NDArray[np.int64], voices: Sequence[str]) -> float:
    """The threshold: what 0.5 % of people's speech exceeds, and the least margin by which channels left out raise 2 % on average at most.

    Asking it of the worst one would leave little to be called synthetic at all (docs/checks.md).

    Args:
        odds, channels, voices: as for :func:`left_out`.
    """
    weights = even_weights([f"{channel}/{voice}" for channel, voice in zip(channels, voices, strict=True)])
    margins = np.arange(0.0, _MOST, _STEP)
    margin = next(
        (
            one
            for one in margins
            if np.mean(list(left_out(odds, channels, voices, float(one)).values())) <= FALSE_ALARMS
        ),
        _MOST,
    )
    return quantile(odds, weights, 1.0 - _SHARE) + float(margin)
