"""Whether tokens or sound can be the text: too short means dropped words, too long means repeated ones."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio
from safeguards.challenge.check import repetition, text_check
from synthesis.engine.gpt_sovits.pipeline.utterance import FASTEST, SLOWEST, Utterance
from synthesis.engine.gpt_sovits.sovits.config import SAMPLE_RATE
from synthesis.engine.gpt_sovits.t2s.config import TOKENS_PER_SECOND

# How far from the reference's own rate a piece may be. Short pieces vary more, by the pauses at their ends.
_SHARE: Final = (0.5, 2.0)
_EDGE_TOKENS: Final = 15
_LEAST_HELD: Final = 0.75
# Clips as they are gained 0, with a word said twice 390 and more (four clips).
_MOST_REPETITION: Final = 100.0


def strain(utterance: Utterance, tokens: int) -> float:
    """How many tokens too few or too many, relative to what the phones may take; 0 for a plausible number."""
    phones = len(utterance.ids)
    least, most = phones * TOKENS_PER_SECOND / FASTEST, phones * TOKENS_PER_SECOND / SLOWEST
    reference = utterance.reference
    if len(reference.codes) and len(reference.phones):
        usual = phones * len(reference.codes) / len(reference.phones)
        least, most = max(least, _SHARE[0] * usual), min(most, _SHARE[1] * usual)
    least, most = least - _EDGE_TOKENS, most + _EDGE_TOKENS
    return max(0.0, least - tokens, tokens - most) / max(phones, 1)


def amiss(samples: NDArray[np.float32], text: str) -> float:
    """How much in 32 kHz ``samples`` ``[T]`` is not as an English text says; 0 where it may pass.

    The share of its long words that recognition does not find, where they are too many for slips of the recogniser; 1 where
    a word is said twice.
    """
    audio = Audio.mono(samples, SAMPLE_RATE)
    held = text_check(audio, text).held
    if held < _LEAST_HELD:
        return 1.0 - held
    return float(repetition(audio, text) > _MOST_REPETITION)
