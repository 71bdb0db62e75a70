"""Operating points of the phrase check, fitted by ``python -m bench.identity.calibrate_phrase`` on speakers kept for tuning."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from safeguards.challenge.reading import Margins

FILE = Path(__file__).parent / "thresholds.json"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How margins become a word's log-likelihood ratio, and what passes.

    Attributes:
        version: goes into every evidence.
        bias, rival_weight, deletion_weight, phones_weight: llr = bias + weights on margins in nats per frame, by logistic
            regression at equal priors of "this word was said" against "something else was".
        least_word_llr: a word below it did not hold.
        least_extra_word: nats by which "no extra word of the lists here" must win at every place of the challenge.
        least_insertion: the same for an added "not" or "no" in the consent statement, whose words are shorter.
        least_statement: least mean phone margin per frame of the consent statement or of an enrolment text.
        least_text_share: least share of an enrolment text's long words that must hold.
    """

    version: str
    bias: float
    rival_weight: float
    deletion_weight: float
    phones_weight: float
    least_word_llr: float
    least_extra_word: float
    least_insertion: float
    least_statement: float
    least_text_share: float

    def word_llr(self, margins: Margins) -> float:
        """Natural-log likelihood ratio of "the word was said" against "something else was", from its margins."""
        frames = max(margins.frames, 1)
        return (
            self.bias
            + (
                self.rival_weight * margins.rival
                + self.deletion_weight * margins.deletion
                + self.phones_weight * margins.phones
            )
            / frames
        )


@lru_cache(maxsize=1)
def thresholds() -> Thresholds:
    """The committed operating points."""
    return Thresholds(**json.loads(FILE.read_text(encoding="utf-8")))
