"""What a request may ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthesis import controls
from synthesis.controls import MAX_CHARACTERS, check_controls, check_scope, clean_text
from synthesis.engine.protocol import EMOTIONS
from synthesis.errors import RequestInvalid


def _code(call: object, *arguments: object, **named: object) -> str:
    with pytest.raises(RequestInvalid) as refused:
        call(*arguments, **named)  # type: ignore[operator]
    return refused.value.code


def test_emotions_are_those_that_engines_know() -> None:
    assert controls.EMOTIONS == EMOTIONS


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "text_empty"),
        (" \n\t\u2029", "text_empty"),
        ("\x00\x07", "text_empty"),
        ("?!… —", "text_unreadable"),
        ("x" * (MAX_CHARACTERS + 1), "text_too_long"),
        ("x" * 10**6, "text_too_long"),
    ],
)
def test_text_that_cannot_be_spoken_is_refused_by_code(text: str, code: str) -> None:
    assert _code(clean_text, text) == code


def test_text_is_normalised_before_it_is_counted() -> None:
    assert clean_text("  Cafe\u0301\x00,\nplease. ") == "Café, please."
    assert len(clean_text("e\u0301" * MAX_CHARACTERS)) == MAX_CHARACTERS


@given(st.text(max_size=200))
def test_clean_text_is_clean_and_stays_so(text: str) -> None:
    try:
        clean = clean_text(text)
    except RequestInvalid:
        return
    assert clean_text(clean) == clean
    assert clean.isprintable() or any(not character.isascii() for character in clean)
    assert not any(ord(character) < 32 for character in clean)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"format": "exe"}, "format_unknown"),
        ({"speed": 0.24}, "speed_out_of_range"),
        ({"speed": float("nan")}, "speed_out_of_range"),
        ({"pitch": 12.5}, "pitch_out_of_range"),
        ({"pitch": float("nan")}, "pitch_out_of_range"),
        ({"emotion": "furious"}, "emotion_unknown"),
        ({"valence": 1.1}, "valence_out_of_range"),
        ({"arousal": float("nan")}, "arousal_out_of_range"),
        ({"style": "../etc"}, "style_unreadable"),
        ({"style": "x" * 41}, "style_unreadable"),
        ({"seed": -1}, "seed_out_of_range"),
        ({"seed": 2**31}, "seed_out_of_range"),
    ],
)
def test_values_out_of_bounds_are_refused_by_code(changes: dict[str, object], code: str) -> None:
    values: dict[str, object] = {"format": "mp3", "speed": 1.0, "pitch": 0.0, "emotion": "", "seed": None}

    assert _code(check_controls, **(values | changes)) == code


def test_words_that_no_consent_knows_are_refused() -> None:
    assert _code(check_scope, purpose="../../etc", language="en") == "purpose_unknown"
    assert _code(check_scope, purpose="narration", language="../en") == "language_unknown"
    check_scope(purpose="", language="en")
