"""Operating points of the phrase check, fitted by ``python -m bench.identity`` on speakers kept for tuning."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import median

from safeguards.challenge.reading import Margins

_FILE = Path(__file__).parent / "thresholds.json"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How margins become a word's log-likelihood ratio, and what passes.

    Attributes:
        version: goes into every evidence.
        rival_weight, phones_weight, bias: llr = bias + weights on margins in nats per frame.
        least_word_llr: a word below it did not hold.
        clear_level, relief_weight, most_relief: noise and accents shrink every margin of a recording; where the median
            phone margin of its words lies below ``clear_level``, each word is given this much, up to the most.
        least_insertion: nats by which "no extra word here" must win at every place.
        least_statement: least mean phone margin per frame of the consent statement or of an enrolment text.
        least_text_share: least share of an enrolment text's long words that must hold.
    """

    version: str
    rival_weight: float
    phones_weight: float
    bias: float
    least_word_llr: float
    clear_level: float
    relief_weight: float
    most_relief: float
    least_insertion: float
    least_statement: float
    least_text_share: float

    def relief(self, judged: Iterable[Margins]) -> float:
        """What is added to every word of a recording, from all its judged words; the median hides one changed word."""
        levels = [margins.phones / max(margins.frames, 1) for margins in judged]
        if not levels:
            return 0.0
        return min(max(self.relief_weight * (self.clear_level - median(levels)), 0.0), self.most_relief)

    def word_llr(self, margins: Margins, relief: float) -> float:
        """Score of "the word was said" against "something else was", from its margins; zero is the operating point."""
        frames = max(margins.frames, 1)
        rival = min(margins.rival, margins.deletion) / frames
        return self.bias + relief + self.rival_weight * rival + self.phones_weight * margins.phones / frames


@lru_cache(maxsize=1)
def thresholds() -> Thresholds:
    """The committed operating points."""
    return Thresholds(**json.loads(_FILE.read_text(encoding="utf-8")))
