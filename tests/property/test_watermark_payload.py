"""The clip-number permutation is a bijection under every key."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from safeguards.watermark import WatermarkKey, decode_payload, encode_clip_number

KEYS = st.binary(min_size=32, max_size=32).map(WatermarkKey.from_bytes)
# The ends of the range and the odd neighbours of powers of two are where a walk or a mask goes wrong.
LIVE = st.one_of(st.integers(0, 2**31 - 1), st.sampled_from([0, 1, 2**16 - 1, 2**16, 2**30, 2**31 - 1]))
SANDBOX = st.one_of(st.integers(0, 2**30 - 1), st.sampled_from([0, 1, 2**15, 2**30 - 1]))


@settings(max_examples=60, deadline=None)
@given(key=KEYS, number=LIVE)
def test_a_live_number_comes_back(key: WatermarkKey, number: int) -> None:
    payload = encode_clip_number(number, sandbox=False, actor=False, key=key)
    assert 0 <= payload < 2**31
    decoded = decode_payload(payload, key)
    assert (decoded.number, decoded.sandbox, decoded.actor) == (number, False, False)


@settings(max_examples=60, deadline=None)
@given(key=KEYS, number=SANDBOX, actor=st.booleans())
def test_a_sandbox_number_comes_back(key: WatermarkKey, number: int, actor: bool) -> None:
    payload = encode_clip_number(number, sandbox=True, actor=actor, key=key)
    decoded = decode_payload(payload, key)
    assert (decoded.number, decoded.sandbox, decoded.actor) == (number, True, actor)


@settings(max_examples=60, deadline=None)
@given(key=KEYS, payload=st.integers(0, 2**32 - 1))
def test_every_payload_is_some_clip(key: WatermarkKey, payload: int) -> None:
    clip = decode_payload(payload, key)
    assert encode_clip_number(clip.number, sandbox=clip.sandbox, actor=clip.actor, key=key) == payload
