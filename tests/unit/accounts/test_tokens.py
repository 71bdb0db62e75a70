"""The written form of API keys."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.accounts import tokens
from vivavoce.accounts.errors import KeyRefused


def test_a_key_names_its_world_and_its_row() -> None:
    live, sandbox = tokens.make("live"), tokens.make("sandbox")
    assert re.fullmatch(r"vv_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}", live.text)
    assert sandbox.text.startswith("vv_test_" + sandbox.id)
    assert tokens.parse(live.text) == live


@given(position=st.integers(0, 69), replacement=st.sampled_from("0Aaz9_-"))
def test_any_single_changed_character_is_refused_by_form_or_checksum(position: int, replacement: str) -> None:
    text = tokens.make("live").text
    changed = text[:position] + replacement + text[position + 1 :]
    if changed == text:
        return
    with pytest.raises(KeyRefused):
        tokens.parse(changed)


@pytest.mark.parametrize(
    "text", ["", "vv_live_", "sk-abc", "vv_prod_" + "a" * 62, "vv_live_" + "é" * 62, "vv_live_a\x00b"]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(KeyRefused):
        tokens.parse(text)


def test_the_stored_hash_is_keyed_and_fits_only_its_own_key(settings: object) -> None:
    token, other = tokens.make("live"), tokens.make("live")
    stored = tokens.digest(token)
    tokens.check(token, stored)
    with pytest.raises(KeyRefused):
        tokens.check(other, stored)
    with pytest.raises(KeyRefused):
        tokens.check(token, None)


def test_an_earlier_pepper_still_opens_keys_after_rotation(settings: object) -> None:
    token = tokens.make("live")
    stored = tokens.digest(token)
    old = list(settings.VIVAVOCE_KEY_PEPPER)  # type: ignore[attr-defined]
    settings.VIVAVOCE_KEY_PEPPER = ["bmV3IHBlcHBlciBuZXcgcGVwcGVyIG5ldyBwZXBwZXI=", *old]  # type: ignore[attr-defined]
    tokens.check(token, stored)
    settings.VIVAVOCE_KEY_PEPPER = ["bmV3IHBlcHBlciBuZXcgcGVwcGVyIG5ldyBwZXBwZXI="]  # type: ignore[attr-defined]
    with pytest.raises(KeyRefused):
        tokens.check(token, stored)


def test_the_secret_is_not_in_the_representation() -> None:
    token = tokens.make("live")
    assert token.text not in repr(token)
