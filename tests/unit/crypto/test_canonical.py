"""Canonical JSON against RFC 8785."""

from __future__ import annotations

from enum import IntEnum

import pytest

from safeguards.crypto.canonical import canonical_bytes, parse_canonical


def test_keys_are_sorted_by_utf16_units_as_in_rfc_8785_section_3_2_3() -> None:
    value = {
        "€": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "ö": "Latin Small Letter O With Diaeresis",
    }
    order = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"]
    text = canonical_bytes(value).decode()
    assert [text.index(f'"{name}') for name in order] == sorted(text.index(f'"{name}') for name in order)


def test_strings_are_escaped_as_in_rfc_8785_section_3_2_2() -> None:
    assert canonical_bytes({"string": '€$\u000f\u000aA\'B"\\\\"/'}) == (
        b'{"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_literals_lists_and_empty_values_have_no_spaces() -> None:
    assert canonical_bytes({"b": [None, True, False, -1, 0, []], "a": {}}) == b'{"a":{},"b":[null,true,false,-1,0,[]]}'


def test_an_enum_member_is_written_as_its_number() -> None:
    colour = IntEnum("colour", {"RED": 7})
    assert canonical_bytes([colour.RED]) == b"[7]"


@pytest.mark.parametrize("value", [1.0, float("nan"), b"x", {1: "a"}, {"a": {2}}, object()])
def test_other_types_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_bytes(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), "\ud800", {"\udfff": 1}])
def test_values_without_one_portable_form_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"integers|surrogate"):
        canonical_bytes(value)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1}',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b"1.0",
        b"1e3",
        b"NaN",
        b'"\\u0041"',
        b"\xff",
        b"",
        b"[1]\n",
        b"9007199254740992",
        b"-0",
        b"1" * 5000,
        '{"a": "ü"}'.encode(),
        b'{"\\ud83d\\ude00":1}',
        b"[" * 99_999,
    ],
)
def test_only_the_canonical_form_is_read_back(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_canonical(data)


def test_what_was_written_is_read_back() -> None:
    value = {"a": [1, "ü", None], "b": {"c": True}}
    assert parse_canonical(canonical_bytes(value)) == value
