"""Viterbi scores of word sequences over one recording, and of every one-edit rival of such a sequence.

A transcript becomes one left-to-right graph of triphone states, with optional silence between words and all
pronunciations in parallel. One forward and one backward pass over it give, for each place between two words and each
frame, the best score of everything before and everything after. A rival word at that place is then a short chain
between the two: all rivals of one place are scored in one batched pass, exactly, without a beam.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from safeguards.challenge.acoustic_model import AcousticModel
from safeguards.challenge.lexicon import Pronunciation
from safeguards.challenge.senones import SenoneScores

Vector = NDArray[np.float32]

SILENCE = "SIL"
NEVER = np.float32(-1e30)
_SILENCE_PENALTY = np.float32(-2.0)  # log probability of pausing; keeps silence from eating weak phones


@dataclass(frozen=True, eq=False)
class Chain:
    """States of one pronunciation in a row: senones and log probabilities of staying and leaving, each ``[states]``."""

    senones: NDArray[np.int64]
    stay: Vector
    leave: Vector


def chain(model: AcousticModel, phones: Pronunciation, left: str, right: str) -> Chain:
    """The state chain of a pronunciation between the phones ``left`` and ``right`` of its neighbours."""
    senones: list[int] = []
    around = (left, *phones, right)
    for place, phone in enumerate(phones):
        first, last = place == 0, place == len(phones) - 1
        position = "s" if first and last else "b" if first else "e" if last else "i"
        senones += model.senones(phone, around[place], around[place + 2], position)
    numbers = [model.index[phone] for phone in phones]
    return Chain(np.array(senones), model.stay[numbers].reshape(-1), model.leave[numbers].reshape(-1))


def silence(model: AcousticModel) -> Chain:
    """The three silence states."""
    number = model.index[SILENCE]
    sequence = model.sequences[model.phone_sequence[number]]
    return Chain(sequence, model.stay[number], model.leave[number])


@dataclass(frozen=True, eq=False)
class Passes:
    """Scores around the places of a transcript of W words; place p lies before word p, place W after the last.

    Attributes:
        before: ``[W + 1, frames + 1]``, best score of words 0..p-1 over frames 0..t-1, silences included.
        after: ``[W + 1, frames + 1]``, best score of words p..W-1 over frames t..end, silences included.
    """

    before: Vector
    after: Vector

    @property
    def score(self) -> float:
        """Best score of the whole transcript over the whole recording."""
        return float(self.before[-1, -1])

    @property
    def meeting(self) -> NDArray[np.int64]:
        """Frame at which the best path passes each place, ``[W + 1]``."""
        return np.asarray((self.before + self.after).argmax(axis=1))


def run(scores: SenoneScores, words: Sequence[Sequence[Chain]], quiet: Chain) -> Passes:
    """Forward and backward passes over a transcript, each word given by its alternative chains."""
    emissions, layout = _layout(scores, words, quiet)
    before = _sweep(emissions, layout)
    mirrored = _sweep(emissions[::-1, ::-1], layout.reversed())
    after = mirrored[::-1, ::-1]
    return Passes(before, after)


@dataclass(frozen=True, eq=False)
class _Layout:
    """All states of the transcript in a row; units alternate silence, word, silence, ... ``first``/``last`` per chain."""

    stay: Vector
    leave: Vector
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    unit: NDArray[np.int64]
    units: int

    def reversed(self) -> _Layout:
        states = len(self.stay)
        return _Layout(
            self.stay[::-1].copy(),
            self.leave[::-1].copy(),
            (states - 1 - self.last)[::-1].copy(),
            (states - 1 - self.first)[::-1].copy(),
            (self.units - 1 - self.unit)[::-1].copy(),
            self.units,
        )


def _layout(scores: SenoneScores, words: Sequence[Sequence[Chain]], quiet: Chain) -> tuple[Vector, _Layout]:
    units: list[Sequence[Chain]] = [[quiet]]
    for word in words:
        units += [word, [quiet]]
    chains = [(number, link) for number, unit in enumerate(units) for link in unit]
    lengths = np.array([len(link.senones) for _, link in chains])
    ends = np.cumsum(lengths)
    layout = _Layout(
        stay=np.concatenate([link.stay for _, link in chains]),
        leave=np.concatenate([link.leave for _, link in chains]),
        first=ends - lengths,
        last=ends - 1,
        unit=np.array([number for number, _ in chains]),
        units=len(units),
    )
    return scores.of(np.concatenate([link.senones for _, link in chains])), layout


def _sweep(emissions: Vector, layout: _Layout) -> Vector:
    """Best score of having passed each place by each frame, ``[places, frames + 1]``, in the layout's direction.

    Time reversal is exact: a path's score is the sum of its emissions, stays and leaves, whatever the direction.
    """
    frames, states = emissions.shape
    places = (layout.units + 1) // 2
    best = np.full((places, frames + 1), NEVER, dtype=np.float32)
    inner = np.ones(states, dtype=bool)
    inner[layout.first] = False
    score = np.full(states, NEVER, dtype=np.float32)
    passed = np.full(layout.units + 1, NEVER, dtype=np.float32)  # passed[u]: units before u are complete
    passed[0] = 0.0
    passed[1] = 0.0
    best[0, 0] = 0.0
    silent_entry = np.where(layout.unit % 2 == 0, _SILENCE_PENALTY, np.float32(0.0))
    for frame in range(frames):
        moved = np.empty(states, dtype=np.float32)
        moved[1:] = score[:-1] + layout.leave[:-1]
        moved[layout.first] = passed[layout.unit] + silent_entry
        score = np.maximum(score + layout.stay, moved) + emissions[frame]
        left = score[layout.last] + layout.leave[layout.last]
        passed = np.full(layout.units + 1, NEVER, dtype=np.float32)
        np.maximum.at(passed, layout.unit + 1, left)
        passed[1::2] = np.maximum(passed[1::2], passed[:-1:2])  # silence may be skipped
        best[:, frame + 1] = passed[1::2]
    return best
