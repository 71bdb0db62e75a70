"""Operating points of the phrase check, fitted by ``python -m bench.identity`` on speakers kept for tuning."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from safeguards.challenge.reading import Margins

_FILE = Path(__file__).parent / "thresholds.json"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How margins become a word's log-likelihood ratio, and what passes.

    Attributes:
        version: goes into every evidence.
        rival_weight, phones_weight, bias: llr = bias + weights on margins in nats per frame.
        least_word_llr: a word below it did not hold.
        quiet_snr_db, noise_relief, most_relief: noise shrinks every margin; below this SNR each decibel adds this much
            to a word's ratio, up to the most.
        least_insertion: nats by which "no extra word here" must win at every place.
        least_statement: least mean phone margin per frame of the consent statement or of an enrolment text.
        least_text_share: least share of an enrolment text's long words that must hold.
    """

    version: str
    rival_weight: float
    phones_weight: float
    bias: float
    least_word_llr: float
    quiet_snr_db: float
    noise_relief: float
    most_relief: float
    least_insertion: float
    least_statement: float
    least_text_share: float

    def word_llr(self, margins: Margins, snr_db: float) -> float:
        """Score of "the word was said" against "something else was", from its margins; zero is the operating point."""
        frames = max(margins.frames, 1)
        rival = min(margins.rival, margins.deletion) / frames
        relief = min(max(self.quiet_snr_db - snr_db, 0.0) * self.noise_relief, self.most_relief)
        return self.bias + relief + self.rival_weight * rival + self.phones_weight * margins.phones / frames


@lru_cache(maxsize=1)
def thresholds() -> Thresholds:
    """The committed operating points."""
    return Thresholds(**json.loads(_FILE.read_text(encoding="utf-8")))
