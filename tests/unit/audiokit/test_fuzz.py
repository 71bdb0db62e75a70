"""Damaged files of every format, thousands of them: nothing but AudioError ever comes out."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from audiokit import Audio, AudioError, read
from audiokit.mpeg import adts_frame_bytes, mp3_frame_bytes
from tests.unit.audiokit.files import all_files, names

CODES = {
    "empty",
    "too_large",
    "unsupported_format",
    "undecodable",
    "too_many_channels",
    "bad_rate",
    "too_long",
    "too_short",
    "not_finite",
    "decode_timeout",
}

places = st.floats(0, 1, exclude_max=True)
# Sizes, counts and rates stand in the first bytes of most formats; damage there reaches further than damage to the sound.
near_the_start = st.one_of(places, places.map(lambda place: place * 0.03))
edits = st.one_of(
    st.tuples(st.just("set"), near_the_start, st.binary(min_size=1, max_size=8)),
    st.tuples(st.just("insert"), near_the_start, st.binary(min_size=1, max_size=40)),
    st.tuples(st.just("delete"), near_the_start, st.binary(min_size=1, max_size=40)),
    st.tuples(st.just("cut"), places, st.just(b"")),
)


def damaged(data: bytes, changes: list[tuple[str, float, bytes]]) -> bytes:
    out = bytearray(data)
    for kind, place, material in changes:
        start = int(place * len(out))
        if kind == "cut":
            del out[start:]
        else:
            out[start : start + (0 if kind == "insert" else len(material))] = b"" if kind == "delete" else material
    return bytes(out)


def outcome(data: bytes) -> Audio | AudioError:
    """What reading ends in; any other exception passes through and fails the test."""
    try:
        return read(data, max_seconds=2.0, max_bytes=1_000_000)
    except AudioError as error:
        return error


def check(data: bytes) -> None:
    result = outcome(data)
    if isinstance(result, AudioError):
        assert result.code in CODES
        assert result.detail.endswith(".")
    else:
        assert result.seconds <= 2.0
        assert result.channels <= 2
        assert 8_000 <= result.sample_rate <= 192_000
        assert np.isfinite(result.samples).all()


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(list(names())), st.lists(edits, min_size=1, max_size=6))
def test_a_damaged_file_is_read_within_bounds_or_refused(name: str, changes: list[tuple[str, float, bytes]]) -> None:
    check(damaged(all_files()[name], changes))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([b"", b"RIFF0000WAVE", b"fLaC", b"OggS\0", b"\x1a\x45\xdf\xa3", b"\0\0\0\x18ftyp", b"ID3\4"]),
    st.binary(max_size=600),
)
def test_arbitrary_bytes_are_refused(magic: bytes, rest: bytes) -> None:
    check(magic + rest)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(names())), st.sampled_from(list(names())), places)
def test_one_format_spliced_into_another_is_read_within_bounds_or_refused(
    first: str, second: str, place: float
) -> None:
    head, tail = all_files()[first], all_files()[second]

    check(head[: int(place * len(head))] + tail[int(place * len(tail)) :])


@given(st.binary(max_size=10))
def test_a_frame_length_always_moves_forward(header: bytes) -> None:
    for length in (mp3_frame_bytes(header), adts_frame_bytes(header)):
        assert length is None or length > 0
