"""A recording aligned with the words it should hold, and how well each word stands against its rivals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from safeguards.challenge import hmm
from safeguards.challenge.acoustic_model import AcousticModel, load
from safeguards.challenge.edits import Rivals, best_scores, best_span, free_phones, pack
from safeguards.challenge.frontend import FRAMES_PER_SECOND, Floats, features
from safeguards.challenge.lexicon import Pronunciation, lookup, spell
from safeguards.challenge.senones import SenoneScores

_REACH = 30  # frames a rival may start before or end after the word it replaces
_PAUSE = 4  # frames of silence after which a word is spoken as if alone


@dataclass(frozen=True, slots=True)
class Margins:
    """How much better the displayed word explains the recording than each kind of edit, in nats; negative = the edit won.

    Attributes:
        rival: against the best of the rival words. ``heard`` is that rival.
        phones: against any string of phones in its place.
        deletion: against leaving the word out.
        frames: length of the word.
    """

    rival: float
    heard: str
    phones: float
    deletion: float
    frames: int


class Reading:
    """Alignment of a recording with a sequence of words.

    Args:
        samples: 16 kHz mono, ``[time]``.
        words: lower-case tokens; words outside the dictionary are aligned by a rough spelling and can not be judged.
        twice: each word may be said twice in a row.
    """

    def __init__(self, samples: Floats, words: Sequence[str], *, twice: bool = False) -> None:
        self._model: AcousticModel = load()
        self._scores = SenoneScores(self._model, features(samples))
        self.words = tuple(words)
        self._variants = [lookup(word) or (spell(word),) for word in words]
        if twice:
            self._variants = [(*variants, *(each + each for each in variants)) for variants in self._variants]
        pauses = [True] * (len(words) + 1)
        for _ in range(2):
            self._pauses = pauses
            self._chains = [self._alternatives(place, variants) for place, variants in enumerate(self._variants)]
            self._passes = hmm.run(self._scores, self._chains, hmm.silence(self._model))
            self._spans = self._align()
            pauses = self._find_pauses()
            if pauses == self._pauses:
                break

    @property
    def spans(self) -> list[tuple[float, float]]:
        """(start, end) of each word in seconds."""
        return [(start / FRAMES_PER_SECOND, end / FRAMES_PER_SECOND) for start, end in self._spans]

    @property
    def score(self) -> float:
        """Log-likelihood of the whole recording under the words."""
        return self._passes.score

    def margins(self, place: int, rivals: Rivals) -> Margins:
        """Word ``place`` against rival words, any phones, and its omission."""
        low, high = self._window(place, place + 1)
        before, after = self._passes.before[place], self._passes.after[place + 1]
        own, (start, end) = best_span(self._scores, pack(self._chains[place]), before, after, low, high)
        block = rivals.between(*self._context(place, place + 1))
        totals = best_scores(self._scores, block, before, after, low, high)
        totals[[variant in self._variants[place] for variant in rivals.variants]] = hmm.NEVER
        best = int(totals.argmax())
        loop = free_phones(self._scores, self._model, before, after, low, high)
        return Margins(
            rival=own - float(totals[best]),
            heard=rivals.names[best],
            phones=own - loop,
            deletion=own - float((before + after).max()),
            frames=end - start,
        )

    def insertion(self, place: int, rivals: Rivals) -> tuple[float, str]:
        """How much better the recording is explained without an extra word at ``place`` than with the best one, in nats."""
        low, high = self._window(place, place)
        block = rivals.between(*self._context(place, place))
        totals = best_scores(self._scores, block, self._passes.before[place], self._passes.after[place], low, high)
        best = int(totals.argmax())
        return self.score - float(totals[best]), rivals.names[best]

    def phone_margin(self, first: int, last: int) -> float:
        """Mean margin per frame of words ``first`` to ``last - 1`` against any string of phones in their place."""
        low, high = self._spans[first][0], self._spans[last - 1][1]
        before, after = self._passes.before[first], self._passes.after[last]
        loop = free_phones(self._scores, self._model, before, after, low, max(high, low + 1))
        return (self.score - loop) / max(high - low, 1)

    def _window(self, first: int, last: int) -> tuple[int, int]:
        """Frames between the middles of the words around places ``first`` and ``last``, within reach."""
        middles = [(start + end) // 2 for start, end in self._spans]
        ends = [0, *(end for _, end in self._spans)]
        starts = [*(start for start, _ in self._spans), self._scores.frames]
        low = max(middles[first - 1] if first else 0, min(ends[first], starts[first]) - _REACH)
        high = min(
            middles[last] if last < len(middles) else self._scores.frames, max(starts[last], ends[last]) + _REACH
        )
        return low, max(high, low + 1)

    def _context(self, first: int, last: int) -> tuple[str, str]:
        left = hmm.SILENCE if self._pauses[first] else self._variants[first - 1][0][-1]
        right = hmm.SILENCE if self._pauses[last] else self._variants[last][0][0]
        return left, right

    def _alternatives(self, place: int, variants: Sequence[Pronunciation]) -> list[hmm.Chain]:
        left, right = self._context(place, place + 1)
        return [hmm.chain(self._model, variant, left, right) for variant in variants]

    def _align(self) -> list[tuple[int, int]]:
        meeting = self._passes.meeting
        frames = self._scores.frames
        spans = []
        for place, alternatives in enumerate(self._chains):
            low = int(meeting[place - 1]) if place else 0
            high = int(meeting[place + 2]) if place + 2 < len(meeting) else frames
            before, after = self._passes.before[place], self._passes.after[place + 1]
            spans.append(best_span(self._scores, pack(alternatives), before, after, low, max(high, low + 1))[1])
        return spans

    def _find_pauses(self) -> list[bool]:
        ends = [-_PAUSE, *(end for _, end in self._spans)]
        starts = [*(start for start, _ in self._spans), self._scores.frames + _PAUSE]
        return [bool(start - end >= _PAUSE) for start, end in zip(starts, ends, strict=True)]
