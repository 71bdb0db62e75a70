"""Phrases to the numbers that the networks read: phones and, for each, what is around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synthesis.engine.parametric import phones as ph
from synthesis.engine.parametric.text.phrases import SENTENCE_ENDS, Phrase

CONTEXT_SIZE: Final = 23


@dataclass(frozen=True)
class PhoneTrack:
    """The phones of an utterance with silences at phrase boundaries.

    Attributes:
        phone: index into ``phones.PHONES``, ``[P]``.
        stress: 0 none or consonant, 1 primary, 2 secondary, ``[P]``.
        context: ``[P, 23]``; see ``_word_context``.
        pause: explicit seconds for a silence, NaN where the model decides, ``[P]``.
    """

    phone: NDArray[np.int64]
    stress: NDArray[np.int64]
    context: NDArray[np.float32]
    pause: NDArray[np.float32]

    @property
    def silent(self) -> NDArray[np.bool_]:
        """Which phones are silence, ``[P]``."""
        return np.asarray(self.phone == ph.PHONE_ID[ph.SILENCE])


def build(phrases: Sequence[Phrase], *, silence_between: Sequence[bool] | None = None) -> PhoneTrack:
    """Track of ``phrases`` with silence before, after and between them.

    Args:
        phrases: at least one.
        silence_between: for each gap between phrases, whether a silence stands there; by default all.
    """
    rows: list[tuple[int, int, NDArray[np.float32], float]] = []
    gaps = [True] * (len(phrases) - 1) if silence_between is None else list(silence_between)
    rows.append(_silence_row("", first=True, last=False, pause=float("nan")))
    for index, phrase in enumerate(phrases):
        opens = index == 0 or phrases[index - 1].mark in SENTENCE_ENDS
        closes = index == len(phrases) - 1 or phrase.mark in SENTENCE_ENDS
        rows.extend(_phrase_rows(phrase, opens=opens, closes=closes))
        last = index == len(phrases) - 1
        if last or gaps[index]:
            pause = float("nan") if phrase.pause is None else phrase.pause
            rows.append(_silence_row(phrase.mark, first=False, last=last, pause=pause))
    phone, stress, context, pause_column = zip(*rows, strict=True)
    return PhoneTrack(
        np.array(phone, dtype=np.int64),
        np.array(stress, dtype=np.int64),
        np.stack(context),
        np.array(pause_column, dtype=np.float32),
    )


def _mark_features(mark: str, *, closes: bool) -> list[float]:
    """Question, exclamation, statement, continuation, unknown."""
    return [
        float(mark == "?"),
        float(mark == "!"),
        float(mark == "." and closes),
        float(mark in (",", ";", ":") and mark != ""),
        float(mark == ""),
    ]


def _silence_row(mark: str, *, first: bool, last: bool, pause: float) -> tuple[int, int, NDArray[np.float32], float]:
    context = np.zeros(CONTEXT_SIZE, dtype=np.float32)
    context[15:20] = _mark_features(mark, closes=True)
    context[20], context[21] = float(first), float(last)
    return ph.PHONE_ID[ph.SILENCE], 0, context, pause


def _phrase_rows(phrase: Phrase, *, opens: bool, closes: bool) -> list[tuple[int, int, NDArray[np.float32], float]]:
    symbols = [[ph.split_stress(symbol) for symbol in word.phones] for word in phrase.words]
    vowels_total = sum(name in ph.IS_VOWEL for word in symbols for name, _ in word)
    marks = _mark_features(phrase.mark, closes=closes)
    rows = []
    vowels = 0
    for index, (word, parts) in enumerate(zip(phrase.words, symbols, strict=True)):
        to_end = len(symbols) - 1 - index
        stressed = any(stress == 1 for _, stress in parts)
        for place, (name, stress) in enumerate(parts):
            is_vowel = name in ph.IS_VOWEL
            vowels += is_vowel
            context = np.array(
                [
                    stress == 1,
                    stress == 2,
                    is_vowel,
                    place == 0,
                    place == len(parts) - 1,
                    (place + 0.5) / len(parts),
                    np.log(len(parts)),
                    word.is_function,
                    min(index, 8) / 8,
                    min(to_end, 8) / 8,
                    to_end == 0,
                    index == 0,
                    min(vowels, 12) / 12,
                    min(vowels_total - vowels, 12) / 12,
                    closes,
                    *marks,
                    0.0,
                    0.0,
                    opens + 0.5 * stressed,
                ],
                dtype=np.float32,
            )
            rows.append((ph.PHONE_ID[name], stress, context, float("nan")))
    return rows
