"""Refusals in the reader's language."""

from __future__ import annotations

from django.utils import translation

from safeguards.gate import Reason
from vivavoce.web.reasons import SENTENCES, in_words


def test_every_reason_of_the_gate_is_said_in_its_own_words() -> None:
    with translation.override("en"):
        assert {reason: str(SENTENCES[reason]) for reason in Reason} == {reason: reason.sentence for reason in Reason}


def test_a_code_that_is_not_the_gates_keeps_its_stored_sentence() -> None:
    assert in_words("withdrawn_by_owner", "You took this reading out.") == "You took this reading out."


def test_a_reader_of_german_is_refused_in_german() -> None:
    with translation.override("de"):
        assert in_words(Reason.RECORDING_NOISY).startswith("Es ist zu viel Lärm")
