"""Keys keep their secret; payloads hide the counter."""

from __future__ import annotations

import itertools
import pickle

import pytest

from safeguards.watermark import WatermarkError, WatermarkKey, decode_payload, encode_clip_number
from tests.unit.watermark.clips import KEY, OTHER_KEY


def test_a_key_survives_its_bytes() -> None:
    key = WatermarkKey.generate()
    assert WatermarkKey.from_bytes(key.to_bytes()) == key
    assert WatermarkKey.from_bytes(key.to_bytes()).key_id == key.key_id


def test_two_generated_keys_differ() -> None:
    assert WatermarkKey.generate() != WatermarkKey.generate()


@pytest.mark.parametrize("secret", [b"", b"x" * 31, b"x" * 33])
def test_a_key_of_another_length_is_refused(secret: bytes) -> None:
    with pytest.raises(WatermarkError) as caught:
        WatermarkKey.from_bytes(secret)
    assert caught.value.code == "bad_key"


def test_repr_shows_no_secret() -> None:
    shown = repr(KEY)
    assert KEY.key_id in shown
    assert KEY.to_bytes().hex()[:16] not in shown
    assert KEY.key_id != KEY.to_bytes()[:8].hex()


def test_a_key_is_not_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(KEY)


def test_subkeys_and_streams_differ_by_label_and_key() -> None:
    assert KEY.subkey("a") != KEY.subkey("b")
    assert KEY.subkey("a") != OTHER_KEY.subkey("a")
    assert KEY.stream("a", 64)[:32] == KEY.stream("a", 32)


@pytest.mark.parametrize(("sandbox", "actor", "top"), [(False, False, 0b0), (True, False, 0b10), (True, True, 0b11)])
def test_flags_lie_in_the_clear(sandbox: bool, actor: bool, top: int) -> None:
    for number in range(50):
        payload = encode_clip_number(number, sandbox=sandbox, actor=actor, key=KEY)
        assert payload >> (30 if sandbox else 31) == top
        assert decode_payload(payload, KEY).number == number


def test_neighbouring_numbers_get_unrelated_payloads() -> None:
    payloads = [encode_clip_number(n, sandbox=False, actor=False, key=KEY) for n in range(400)]
    flips = [(a ^ b).bit_count() for a, b in itertools.pairwise(payloads)]
    assert 14 < sum(flips) / len(flips) < 17


@pytest.mark.parametrize(
    ("number", "sandbox", "actor"),
    [(-1, False, False), (1 << 31, False, False), (1 << 30, True, False), (5, False, True)],
)
def test_numbers_out_of_range_and_live_actors_are_refused(number: int, sandbox: bool, actor: bool) -> None:
    with pytest.raises(WatermarkError) as caught:
        encode_clip_number(number, sandbox=sandbox, actor=actor, key=KEY)
    assert caught.value.code == "bad_number"


def test_a_payload_of_more_than_32_bits_is_refused() -> None:
    with pytest.raises(WatermarkError):
        decode_payload(1 << 32, KEY)
