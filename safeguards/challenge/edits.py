"""Scores of one-edit rivals: a word, or any phones at all, put between two halves of a transcript."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from safeguards.challenge.acoustic_model import AcousticModel
from safeguards.challenge.hmm import NEVER, SILENCE, Chain, Vector
from safeguards.challenge.senones import SenoneScores

_PHONE_PENALTY = np.float32(-4.0)  # log probability of one phone following another in the free loop


def best_window(
    scores: SenoneScores, alternatives: Sequence[Chain], before: Vector, after: Vector, low: int, high: int
) -> tuple[float, tuple[int, int]]:
    """Best score and (start, end) frames of any of the chains between two halves, within frames [low, high]."""
    totals, spans = between(scores, alternatives, before, after, low, high)
    winner = int(totals.argmax())
    return float(totals[winner]), (int(spans[winner, 0]), int(spans[winner, 1]))


def between(
    scores: SenoneScores, chains: Sequence[Chain], before: Vector, after: Vector, low: int, high: int
) -> tuple[Vector, NDArray[np.int64]]:
    """Best whole-recording score with each chain put between ``before`` and ``after``, and its frames.

    Args:
        scores: senone scores of the recording.
        chains: R alternatives.
        before, after: ``[frames + 1]``, one place's halves as in :class:`Passes`.
        low, high: frames the chain must lie within.

    Returns:
        Scores ``[R]`` and spans ``[R, 2]``.
    """
    longest = max(len(link.senones) for link in chains)
    count = len(chains)
    senones = np.zeros((count, longest), dtype=np.int64)
    stay = np.full((count, longest), NEVER, dtype=np.float32)
    leave = np.full((count, longest), NEVER, dtype=np.float32)
    last = np.array([len(link.senones) - 1 for link in chains])
    for row, link in enumerate(chains):
        senones[row, : last[row] + 1] = link.senones
        stay[row, : last[row] + 1] = link.stay
        leave[row, : last[row] + 1] = link.leave
    used, position = np.unique(senones, return_inverse=True)
    emissions = scores.of(used)[low:high]
    position = position.reshape(senones.shape)
    rows = np.arange(count)
    score = np.full((count, longest), NEVER, dtype=np.float32)
    start = np.zeros((count, longest), dtype=np.int64)
    total = np.full(count, NEVER, dtype=np.float32)
    spans = np.zeros((count, 2), dtype=np.int64)
    for frame in range(low, high):
        moved = np.empty_like(score)
        moved[:, 1:] = score[:, :-1] + leave[:, :-1]
        moved[:, 0] = before[frame]
        held = score + stay
        stayed = held >= moved
        came = np.empty_like(start)
        came[:, 1:] = start[:, :-1]
        came[:, 0] = frame
        start = np.where(stayed, start, came)
        score = np.where(stayed, held, moved) + emissions[frame - low][position]
        ended = score[rows, last] + leave[rows, last] + after[frame + 1]
        better = ended > total
        total = np.where(better, ended, total)
        spans[better, 0] = start[rows, last][better]
        spans[better, 1] = frame + 1
    return total, spans


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
    emissions = scores.of(senones.reshape(-1))[low:high].reshape(high - low, *senones.shape)
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
