"""Scores of one-edit rivals: a word, or any phones at all, put between two halves of a transcript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from safeguards.challenge.acoustic_model import AcousticModel, load
from safeguards.challenge.hmm import NEVER, SILENCE, Chain, Vector
from safeguards.challenge.lexicon import Pronunciation, lookup
from safeguards.challenge.senones import SenoneScores

_PHONE_PENALTY = np.float32(-4.0)  # log probability of one phone following another in the free loop
_STATES = 3  # per phone


@dataclass(frozen=True, eq=False)
class Packed:
    """R chains side by side, padded: senones, stay and leave ``[R, states]``, last real state ``[R]``."""

    senones: NDArray[np.int64]
    stay: Vector
    leave: Vector
    last: NDArray[np.int64]


def pack(chains: Sequence[Chain]) -> Packed:
    """Chains of different lengths as one block."""
    longest = max(len(link.senones) for link in chains)
    senones = np.zeros((len(chains), longest), dtype=np.int64)
    stay = np.full((len(chains), longest), NEVER, dtype=np.float32)
    leave = np.full((len(chains), longest), NEVER, dtype=np.float32)
    last = np.array([len(link.senones) - 1 for link in chains])
    for row, link in enumerate(chains):
        senones[row, : last[row] + 1] = link.senones
        stay[row, : last[row] + 1] = link.stay
        leave[row, : last[row] + 1] = link.leave
    return Packed(senones, stay, leave, last)


class Rivals:
    """Words that may have been said instead, ready to be put into any context.

    Args:
        words: lower-case words; those outside the dictionary are left out.
    """

    def __init__(self, words: Sequence[str]) -> None:
        from safeguards.challenge.hmm import chain

        self._model = load()
        entries = [(word, variant) for word in words for variant in lookup(word)]
        self.names = tuple(word for word, _ in entries)
        self.variants: tuple[Pronunciation, ...] = tuple(variant for _, variant in entries)
        self._alone = pack([chain(self._model, variant, SILENCE, SILENCE) for variant in self.variants])

    def between(self, left: str, right: str) -> Packed:
        """The block with first and last phones in the context of the neighbouring phones."""
        senones = self._alone.senones.copy()
        for row, (variant, last) in enumerate(zip(self.variants, self._alone.last, strict=True)):
            if len(variant) == 1:
                senones[row, :_STATES] = _senones(variant[0], left, right, "s")
            else:
                senones[row, :_STATES] = _senones(variant[0], left, variant[1], "b")
                senones[row, last - _STATES + 1 : last + 1] = _senones(variant[-1], variant[-2], right, "e")
        return Packed(senones, self._alone.stay, self._alone.leave, self._alone.last)


@lru_cache(maxsize=32)
def rivals(words: tuple[str, ...]) -> Rivals:
    """Rivals of a word list, prepared once per process."""
    return Rivals(words)


@lru_cache(maxsize=100_000)
def _senones(phone: str, left: str, right: str, position: str) -> tuple[int, int, int]:
    return load().senones(phone, left, right, position)


def best_scores(scores: SenoneScores, block: Packed, before: Vector, after: Vector, low: int, high: int) -> Vector:
    """Best whole-recording score with each chain put between ``before`` and ``after``, ``[R]``.

    Args:
        scores: senone scores of the recording.
        block: R chains.
        before, after: ``[frames + 1]``, one place's halves as in :class:`safeguards.challenge.hmm.Passes`.
        low, high: frames the chain must lie within.
    """
    used, position = np.unique(block.senones, return_inverse=True)
    emissions = scores.of(used, low, high)
    position = position.reshape(block.senones.shape)
    rows = np.arange(len(block.last))
    score = np.full(block.senones.shape, NEVER, dtype=np.float32)
    moved = np.empty_like(score)
    total = np.full(len(rows), NEVER, dtype=np.float32)
    leaving = block.leave[rows, block.last]
    for frame in range(low, high):
        np.add(score[:, :-1], block.leave[:, :-1], out=moved[:, 1:])
        moved[:, 0] = before[frame]
        score += block.stay
        np.maximum(score, moved, out=score)
        score += emissions[frame - low].take(position)
        np.maximum(total, score[rows, block.last] + (leaving + after[frame + 1]), out=total)
    return total


def best_span(
    scores: SenoneScores, block: Packed, before: Vector, after: Vector, low: int, high: int
) -> tuple[float, tuple[int, int]]:
    """As :func:`best_scores` for the best chain alone, with its (start, end) frames."""
    emissions = scores.of(block.senones.reshape(-1), low, high).reshape(high - low, *block.senones.shape)
    rows = np.arange(len(block.last))
    score = np.full(block.senones.shape, NEVER, dtype=np.float32)
    start = np.zeros(block.senones.shape, dtype=np.int64)
    best, span = float(NEVER), (low, high)
    for frame in range(low, high):
        moved = np.empty_like(score)
        moved[:, 1:] = score[:, :-1] + block.leave[:, :-1]
        moved[:, 0] = before[frame]
        came = np.empty_like(start)
        came[:, 1:] = start[:, :-1]
        came[:, 0] = frame
        held = score + block.stay
        stays = held >= moved
        start = np.where(stays, start, came)
        score = np.where(stays, held, moved) + emissions[frame - low]
        ended = score[rows, block.last] + block.leave[rows, block.last] + after[frame + 1]
        winner = int(ended.argmax())
        if ended[winner] > best:
            best, span = float(ended[winner]), (int(start[winner, block.last[winner]]), frame + 1)
    return best, span


def free_phones(
    scores: SenoneScores, model: AcousticModel, before: Vector, after: Vector, low: int, high: int
) -> float:
    """Best whole-recording score with any string of phones between two halves: the "some other word" rival.

    Args:
        scores: senone scores of the recording.
        model: the acoustic model, whose context-independent phones make the loop.
        before, after: ``[frames + 1]``, one place's halves.
        low, high: frames the phones must lie within.
    """
    numbers = np.array([number for name, number in model.index.items() if name != SILENCE and name[0] != "+"])
    senones = model.sequences[model.phone_sequence[numbers]]  # [phones, 3]
    emissions = scores.of(senones.reshape(-1), low, high).reshape(high - low, *senones.shape)
    stay, leave = model.stay[numbers], model.leave[numbers]
    score = np.full(senones.shape, NEVER, dtype=np.float32)
    again = NEVER
    total = NEVER
    for frame in range(low, high):
        moved = np.empty_like(score)
        moved[:, 1:] = score[:, :-1] + leave[:, :-1]
        moved[:, 0] = np.maximum(before[frame], again + _PHONE_PENALTY)
        score = np.maximum(score + stay, moved) + emissions[frame - low]
        again = np.float32((score[:, -1] + leave[:, -1]).max())
        total = np.maximum(total, again + after[frame + 1])
    return float(total)
