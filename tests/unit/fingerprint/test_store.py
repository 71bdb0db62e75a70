"""The store on disk keeps what it was given."""

from __future__ import annotations

from pathlib import Path

import pytest

from safeguards.fingerprint import FingerprintError, FingerprintStore, extract
from tests.speech_data import clips, load

PRINTS = {clip.path.name: extract(load(clip)) for clip in clips(min_seconds=3.0)[:10]}
NAMES = list(PRINTS)


def filled(folder: Path) -> FingerprintStore:
    store = FingerprintStore(folder)
    store.load((name, PRINTS[name]) for name in NAMES[:6])
    for name in NAMES[6:]:
        store.add(name, PRINTS[name])
    return store


def first(store: FingerprintStore, name: str) -> str | None:
    best = store.query(PRINTS[name], top=1)
    return best[0].id if best and best[0].believed else None


def test_loaded_and_added_records_are_found_also_after_opening_again(tmp_path: Path) -> None:
    filled(tmp_path)
    store = FingerprintStore(tmp_path)
    assert [first(store, name) for name in NAMES] == NAMES


def test_removed_records_stay_removed_after_opening_again(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.remove(NAMES[0])
    store.remove(NAMES[8])
    again = FingerprintStore(tmp_path)
    assert first(again, NAMES[0]) is None
    assert first(again, NAMES[8]) is None
    again.merge()
    assert first(again, NAMES[0]) is None
    assert first(again, NAMES[1]) == NAMES[1]
    assert len(again.segments) == 1


def test_a_removed_record_can_come_back(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.remove(NAMES[0])
    store.add(NAMES[0], PRINTS[NAMES[0]])
    store.load([])
    assert first(store, NAMES[0]) == NAMES[0]
    assert first(FingerprintStore(tmp_path), NAMES[0]) == NAMES[0]


def test_a_frame_cut_short_by_a_crash_is_dropped_and_the_next_one_kept(tmp_path: Path) -> None:
    filled(tmp_path)
    log = tmp_path / "tail.log"
    log.write_bytes(log.read_bytes()[:-50])
    store = FingerprintStore(tmp_path)
    assert first(store, NAMES[9]) is None
    store.add(NAMES[9], PRINTS[NAMES[9]])
    assert first(FingerprintStore(tmp_path), NAMES[9]) == NAMES[9]


def test_an_empty_store_answers_nothing(tmp_path: Path) -> None:
    assert FingerprintStore(tmp_path).query(PRINTS[NAMES[0]]) == []


def test_bytes_that_are_no_fingerprint_are_not_stored(tmp_path: Path) -> None:
    store = FingerprintStore(tmp_path)
    with pytest.raises(FingerprintError):
        store.add("x", b"no fingerprint")
    assert not (tmp_path / "tail.log").exists()
