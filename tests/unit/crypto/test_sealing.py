"""Sealing: round trips, and every single change is noticed."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from safeguards.crypto import aead, box, kdf, mac, secret, stream
from safeguards.crypto.errors import KeyMalformed, SealBroken

KEY = bytes(range(32))


def test_a_sealed_value_opens_with_key_and_context() -> None:
    sealed = aead.seal(KEY, b"words", context=b"a")
    assert aead.open_sealed(KEY, sealed, context=b"a") == b"words"
    assert len(sealed) == len(b"words") + aead.OVERHEAD
    assert aead.seal(KEY, b"words", context=b"a") != sealed


def test_every_changed_byte_breaks_the_seal() -> None:
    sealed = aead.seal(KEY, b"words", context=b"a")
    for position in range(len(sealed)):
        broken = bytearray(sealed)
        broken[position] ^= 1
        with pytest.raises(SealBroken):
            aead.open_sealed(KEY, bytes(broken), context=b"a")


def test_another_context_key_or_length_breaks_the_seal() -> None:
    sealed = aead.seal(KEY, b"words", context=b"a")
    for key, data, context in [
        (KEY, sealed, b"b"),
        (KEY[::-1], sealed, b"a"),
        (KEY, sealed[:-1], b"a"),
        (KEY, sealed + b"x", b"a"),
        (KEY, b"", b"a"),
    ]:
        with pytest.raises(SealBroken):
            aead.open_sealed(key, data, context=context)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        aead.seal(b"short", b"", context=b"")


CHUNK = 1 << 10
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 17]


@pytest.mark.parametrize("size", SIZES)
def test_a_stream_round_trips_at_every_border(size: int) -> None:
    plain = bytes(index * 7 % 251 for index in range(size))
    sealed = stream.seal_stream(KEY, plain, context=b"c", chunk_log2=10)
    assert stream.open_stream(KEY, sealed, context=b"c") == plain
    chunks = max(1, -(-size // CHUNK))
    assert len(sealed) == stream.HEADER_BYTES + size + chunks * stream.TAG_BYTES


def test_a_range_opens_only_the_chunks_it_touches() -> None:
    plain = bytes(index * 7 % 251 for index in range(10 * CHUNK))
    sealed = stream.seal_stream(KEY, plain, context=b"c", chunk_log2=10)
    asked: list[int] = []

    def read_at(offset: int, length: int) -> bytes:
        asked.append((offset - stream.HEADER_BYTES) // (CHUNK + stream.TAG_BYTES))
        return sealed[offset : offset + length]

    reader = stream.SealedReader(KEY, read_at, len(sealed), context=b"c")
    asked.clear()
    assert reader.read(3 * CHUNK + 5, 4 * CHUNK + 5) == plain[3 * CHUNK + 5 : 4 * CHUNK + 5]
    assert asked == [3, 4]
    assert reader.size == len(plain)
    assert reader.read(7, 7) == b""
    assert reader.read(len(plain) - 3) == plain[-3:]


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2), (0, 11), (11, None)])
def test_a_range_outside_the_blob_is_refused(start: int, end: int | None) -> None:
    sealed = stream.seal_stream(KEY, bytes(10), context=b"c", chunk_log2=10)
    reader = stream.SealedReader(KEY, lambda at, length: sealed[at : at + length], len(sealed), context=b"c")
    with pytest.raises(ValueError, match="not within"):
        reader.read(start, end)


def test_a_stream_cut_at_a_chunk_border_does_not_open() -> None:
    sealed = stream.seal_stream(KEY, bytes(4 * CHUNK), context=b"c", chunk_log2=10)
    step = CHUNK + stream.TAG_BYTES
    for chunks in range(4):
        with pytest.raises(SealBroken):
            stream.open_stream(KEY, sealed[: stream.HEADER_BYTES + chunks * step], context=b"c")


def test_chunks_cannot_trade_places_or_be_dropped() -> None:
    sealed = stream.seal_stream(KEY, bytes(range(256)) * 16, context=b"c", chunk_log2=10)
    step, head = CHUNK + stream.TAG_BYTES, stream.HEADER_BYTES
    parts = [sealed[head + i * step : head + (i + 1) * step] for i in range(4)]
    for order in ([1, 0, 2, 3], [0, 2, 3], [0, 1, 1, 2, 3]):
        with pytest.raises(SealBroken):
            stream.open_stream(KEY, sealed[:head] + b"".join(parts[i] for i in order), context=b"c")


def test_chunks_of_two_blobs_do_not_mix() -> None:
    one = stream.seal_stream(KEY, bytes(2 * CHUNK), context=b"c", chunk_log2=10)
    two = stream.seal_stream(KEY, bytes(2 * CHUNK), context=b"c", chunk_log2=10)
    half = stream.HEADER_BYTES + CHUNK + stream.TAG_BYTES
    with pytest.raises(SealBroken):
        stream.open_stream(KEY, one[:half] + two[half:], context=b"c")


@pytest.mark.parametrize("position", [0, 3, 4, 5, 20, 21, 40, -1])
def test_a_changed_byte_anywhere_breaks_the_stream(position: int) -> None:
    sealed = bytearray(stream.seal_stream(KEY, bytes(50), context=b"c", chunk_log2=10))
    sealed[position] ^= 1
    with pytest.raises(SealBroken):
        stream.open_stream(KEY, bytes(sealed), context=b"c")


def test_another_context_does_not_open_the_stream() -> None:
    sealed = stream.seal_stream(KEY, b"x", context=b"c")
    with pytest.raises(SealBroken):
        stream.open_stream(KEY, sealed, context=b"d")
    with pytest.raises(SealBroken):
        stream.open_stream(KEY, b"", context=b"c")


def test_a_chunk_size_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="chunk_log2"):
        stream.seal_stream(KEY, b"", context=b"", chunk_log2=4)


def test_a_box_opens_for_its_recipient_only() -> None:
    egress, other = box.BoxPrivateKey.generate(), box.BoxPrivateKey.generate()
    sealed = box.seal_to(egress.public_key, b"raw audio", b"job:1")
    assert box.open_box(egress, sealed, b"job:1") == b"raw audio"
    again = box.BoxPrivateKey.from_bytes(egress.to_bytes())
    assert box.open_box(again, sealed, b"job:1") == b"raw audio"
    for key, context in [(other, b"job:1"), (egress, b"job:2")]:
        with pytest.raises(SealBroken):
            box.open_box(key, sealed, context)


def test_every_changed_byte_breaks_the_box() -> None:
    egress = box.BoxPrivateKey.generate()
    sealed = box.seal_to(egress.public_key, b"x", b"job:1")
    for position in range(len(sealed)):
        broken = bytearray(sealed)
        broken[position] ^= 1
        with pytest.raises(SealBroken):
            box.open_box(egress, bytes(broken), b"job:1")
    with pytest.raises(SealBroken):
        box.open_box(egress, sealed[:40], b"job:1")


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(32), b"\x01" + bytes(31)])
def test_a_public_key_of_wrong_length_or_small_order_is_refused(key: bytes) -> None:
    with pytest.raises(KeyMalformed):
        box.seal_to(key, b"x", b"")


def test_a_box_with_an_ephemeral_key_of_small_order_is_broken() -> None:
    egress = box.BoxPrivateKey.generate()
    sealed = box.seal_to(egress.public_key, b"x", b"")
    with pytest.raises(SealBroken):
        box.open_box(egress, sealed[:1] + bytes(32) + sealed[33:], b"")


def test_a_box_key_does_not_show_itself() -> None:
    key = box.BoxPrivateKey.generate()
    assert key.to_bytes().hex()[:8] not in repr(key)


def test_hkdf_matches_rfc_5869_case_1() -> None:
    derived = kdf.hkdf(b"\x0b" * 22, bytes(range(0xF0, 0xFA)), 42, salt=bytes(range(13)))
    assert derived.hex() == ("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")


@pytest.mark.parametrize(
    ("key", "info", "length"), [(b"short", b"i", 32), (KEY, b"", 32), (KEY, b"i", 0), (KEY, b"i", 9999)]
)
def test_hkdf_refuses_unsafe_parameters(key: bytes, info: bytes, length: int) -> None:
    with pytest.raises(ValueError, match=r"key|info|length"):
        kdf.hkdf(key, info, length)


def test_a_commitment_is_hmac_over_length_prefixed_label_and_value() -> None:
    message = b"vivavoce/commitment/v1\x00" + b"\x00\x00\x00\x04" + b"name" + b"Ada"
    assert mac.commitment(KEY, "name", "Ada") == hmac.new(KEY, message, hashlib.sha256).hexdigest()
    assert mac.commitment(KEY, "name", b"Ada") == mac.commitment(KEY, "name", "Ada")


def test_commitments_do_not_confuse_label_value_or_key() -> None:
    found = {
        mac.commitment(KEY, "ab", "c"),
        mac.commitment(KEY, "a", "bc"),
        mac.commitment(KEY, "abc", ""),
        mac.commitment(KEY[::-1], "ab", "c"),
    }
    assert len(found) == 4
    with pytest.raises(ValueError, match="key"):
        mac.commitment(b"short", "a", "b")
    with pytest.raises(ValueError, match="label"):
        mac.commitment(KEY, "", "b")


def test_secrets_are_long_enough_and_compared_by_value() -> None:
    assert len(secret.secret_bytes()) == 32
    assert secret.secret_bytes() != secret.secret_bytes()
    with pytest.raises(ValueError, match="16 bytes"):
        secret.secret_bytes(8)
    assert secret.equal("abc", b"abc")
    assert not secret.equal("abc", "abd")
