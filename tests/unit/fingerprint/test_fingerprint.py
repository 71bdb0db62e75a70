"""A clip's fingerprint finds it again, and only it."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit import Audio, read, write
from safeguards.fingerprint import FingerprintError, FingerprintIndex, compare, extract
from safeguards.fingerprint.matching import log10_chance
from safeguards.fingerprint.record import MAX_BYTES, Record
from tests.speech_data import clips, load


def piece(audio: Audio, start_s: float, seconds: float) -> Audio:
    start = round(start_s * audio.sample_rate)
    return Audio.mono(audio.samples[0, start : start + round(seconds * audio.sample_rate)], audio.sample_rate)


SPOKEN = [load(clip) for clip in clips(min_seconds=3.5)[:12]]


def test_a_record_never_passes_four_kilobytes() -> None:
    long = Audio.mono(np.tile(SPOKEN[0].samples[0], 30), SPOKEN[0].sample_rate)
    assert len(extract(long)) <= MAX_BYTES
    assert len(extract(SPOKEN[0])) <= MAX_BYTES


def test_extraction_is_deterministic() -> None:
    assert extract(SPOKEN[0]) == extract(SPOKEN[0])


def test_too_little_sound_is_refused() -> None:
    with pytest.raises(FingerprintError):
        extract(piece(SPOKEN[0], 0, 0.3))


def test_a_record_survives_its_stored_form() -> None:
    record = Record.from_bytes(extract(SPOKEN[0]))
    again = Record.from_bytes(record.to_bytes())
    assert again.hop_s == record.hop_s
    assert float((again.vectors * record.vectors).sum(axis=1).min()) > 0.98


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: b"\x07" + data[1:], lambda data: b"", lambda data: data * 2]
)
def test_other_bytes_are_no_fingerprint(damage) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(FingerprintError):
        Record.from_bytes(damage(extract(SPOKEN[0])))


def test_an_excerpt_is_found_at_its_place() -> None:
    match = compare(extract(piece(SPOKEN[1], 1.0, 1.5)), extract(SPOKEN[1]))
    assert match.believed
    assert match.offset_s == pytest.approx(1.0, abs=0.09)
    assert match.speed == pytest.approx(1.0, abs=0.021)


def test_an_excerpt_of_another_clip_is_no_match() -> None:
    records = [extract(audio) for audio in SPOKEN]
    for number, audio in enumerate(SPOKEN[:6]):
        query = extract(piece(audio, 0.5, 2.0))
        assert not any(compare(query, other).surprising for k, other in enumerate(records) if k != number)


def test_a_codec_and_another_level_leave_the_match() -> None:
    quiet = Audio.mono(SPOKEN[2].samples[0] * 0.1, SPOKEN[2].sample_rate)
    coded = read(write(quiet, "opus"), max_seconds=60, max_bytes=2**24)
    assert compare(extract(coded), extract(SPOKEN[2])).believed


def test_silence_matches_nothing() -> None:
    silence = Audio.mono(np.zeros(32_000, dtype=np.float32), 16_000)
    assert not compare(extract(silence), extract(silence)).surprising


def test_chance_grows_with_what_was_searched_and_falls_with_the_score() -> None:
    assert log10_chance(2.0, 1e6) > log10_chance(2.0, 1e3)
    assert log10_chance(5.0, 1e3) < log10_chance(2.0, 1e3) < 0.0


def test_the_index_forgets_and_replaces() -> None:
    index = FingerprintIndex()
    for number, audio in enumerate(SPOKEN):
        index.add(str(number), extract(audio))
    query = extract(piece(SPOKEN[3], 0.5, 2.0))
    assert index.query(query)[0].id == "3"
    index.remove("3")
    assert "3" not in index
    assert not any(match.surprising for match in index.query(query))
    index.add("4", extract(SPOKEN[3]))
    assert index.query(query)[0].id == "4"
    assert len(index) == len(SPOKEN) - 1


def test_more_records_than_candidates_go_through_the_coarse_stage() -> None:
    index = FingerprintIndex()
    for number, audio in enumerate(SPOKEN):
        for part in range(5):
            index.add(f"{number}-{part}", extract(piece(audio, 0.6 * part, 1.2)))
    best = index.query(extract(piece(SPOKEN[5], 1.25, 1.1)))[0]
    assert best.id == "5-2"
    assert best.surprising
