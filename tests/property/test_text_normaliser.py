"""The normaliser takes any text: it never raises, and never loses a text that can be spoken."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthesis.engine.parametric.text import numbers
from synthesis.engine.parametric.text.normaliser import normalise

SPOKEN = re.compile(r"(?:[a-z']+|_[a-z]_(?:'s)?)(?:[,;:.?!]? (?:[a-z']+|_[a-z]_(?:'s)?))*[,;:.?!]?")
AWKWARD = (
    "$3.50 5kg 1/2 1/0 10:75 3:00 pm a.m. Dr. No. NASA FBI's me@x.org https://a.b/c www.gov.uk 1990s 007 1,234.5 - -- … ' \" "
    "<b> & % °C 21st 0th 99999999999999999999 +1 555-123-4567 2026-11-21 13/13/2020 _ ½ é 漢 \u200b \ue001"
)
PIECES = st.sampled_from(AWKWARD.split(" "))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_any_text_gives_plain_words_or_nothing(text: str) -> None:
    spoken = normalise(text)
    assert not spoken or SPOKEN.fullmatch(spoken), repr(spoken)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=6).map(" ".join))
def test_awkward_pieces_in_any_order_give_plain_words(text: str) -> None:
    spoken = normalise(text)
    assert not spoken or SPOKEN.fullmatch(spoken), repr(spoken)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30), st.sampled_from("azAZ059%&+@"), st.text(max_size=30))
def test_text_with_a_letter_a_digit_or_a_named_sign_is_never_empty(before: str, core: str, after: str) -> None:
    assert normalise(f"{before} {core} {after}")


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz ,", max_size=60))
def test_normalising_twice_changes_nothing_in_plain_text(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.integers(min_value=0, max_value=10**18))
def test_numbers_have_words(value: int) -> None:
    assert re.fullmatch(r"[a-z]+( [a-z]+)*", numbers.cardinal(value))


@given(st.integers(min_value=1, max_value=10**15 - 1))
def test_an_ordinal_ends_as_ordinals_do(value: int) -> None:
    assert numbers.ordinal(value).endswith(("st", "nd", "rd", "th"))


@pytest.mark.parametrize(
    ("value", "words"), [(0, "zero"), (21, "twenty one"), (100, "one hundred"), (1001, "one thousand and one")]
)
def test_some_numbers(value: int, words: str) -> None:
    assert numbers.cardinal(value) == words
