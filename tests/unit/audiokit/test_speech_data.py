"""The committed speech: complete, unchanged, licensed, small."""

from __future__ import annotations

import csv
import hashlib

import pytest

from tests import speech_data

FREE = {"CC0-1.0", "Public domain", "CC-BY-4.0", "CC-BY-3.0"}


def rows() -> list[dict[str, str]]:
    with (speech_data.SPEECH_DIR / "manifest.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_every_file_is_listed_and_unchanged() -> None:
    listed = {row["path"]: row["sha256"] for row in rows()}
    found = {
        path.relative_to(speech_data.SPEECH_DIR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in speech_data.SPEECH_DIR.rglob("*.flac")
    }

    assert found == listed


def test_every_licence_allows_it_to_be_here_and_the_readme_names_every_speaker() -> None:
    readme = (speech_data.SPEECH_DIR / "README.md").read_text(encoding="utf-8")

    assert {row["licence"] for row in rows()} <= FREE
    assert all(f"| {row['speaker']} " in readme for row in rows())


def test_the_set_stays_small() -> None:
    assert sum(path.stat().st_size for path in speech_data.SPEECH_DIR.rglob("*.flac")) < 3_000_000


@pytest.mark.parametrize("clip", [*speech_data.clips(), speech_data.noise()], ids=lambda clip: clip.path.stem)
def test_a_clip_is_what_the_manifest_says(clip: speech_data.Clip) -> None:
    audio = speech_data.load(clip)

    assert (audio.sample_rate, audio.channels) == (16_000, 1)
    assert audio.seconds == pytest.approx(clip.seconds, abs=0.001)
    assert bool(clip.transcript) == (clip.kind == "speech")


def test_some_speakers_have_enough_to_enrol_and_to_verify() -> None:
    enough = [
        speaker
        for speaker in speech_data.speakers()
        if sum(clip.seconds for clip in speech_data.clips(speaker)) >= 20
        and len(speech_data.clips(speaker, min_seconds=5.0)) >= 2
    ]

    assert len(enough) >= 2
