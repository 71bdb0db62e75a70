"""The live world, where recordings of a real person lie at hand: the challenge is drawn from that person's own sentences."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiokit import Audio, read, resample, write
from vivavoce.demo import story
from vivavoce.demo.__main__ import revoke, speak_in_voice, verify
from vivavoce.demo.people import Cast
from vivavoce.demo.transcript import StoryFailedError, Transcript

RATE = 16_000
GAP_SECONDS = 0.35
MIN_READINGS = 8


@dataclass(frozen=True)
class Reading:
    """One file and what is said in it."""

    text: str
    path: Path


def readings_of(folder: Path) -> list[Reading]:
    """Audio files with transcripts: ``transcripts.csv`` (columns file, transcript), or ``NAME.txt`` beside ``NAME.wav``/``NAME.flac``.

    Raises:
        StoryFailedError: too few of them.
    """
    table = folder / "transcripts.csv"
    found: list[Reading] = []
    if table.exists():
        with table.open(newline="", encoding="utf-8") as file:
            found = [Reading(row["transcript"], folder / row["file"]) for row in csv.DictReader(file)]
    else:
        for path in sorted([*folder.glob("*.wav"), *folder.glob("*.flac")]):
            text = path.with_suffix(".txt")
            if text.exists():
                found.append(Reading(text.read_text(encoding="utf-8").strip(), path))
    if len(found) < MIN_READINGS:
        raise StoryFailedError(
            f"{folder} holds {len(found)} recordings with transcripts; at least {MIN_READINGS} are needed "
            "(transcripts.csv with the columns file and transcript, or a .txt beside each recording)"
        )
    return found


def joined(readings: Sequence[Reading]) -> bytes:
    """Several readings in one recording with pauses between them, as a person would read them one after another."""
    pieces: list[np.ndarray] = []
    for reading in readings:
        samples = resample(read(reading.path, max_seconds=60, max_bytes=2**25), RATE).to_mono()
        level = float(np.sqrt(np.mean(np.sort(np.abs(samples))[: len(samples) // 10] ** 2)))
        # The pause is filled with the room's own noise level: digital silence would look like a cut.
        pause = np.random.default_rng(len(pieces)).normal(0, level, int(GAP_SECONDS * RATE)).astype(np.float32)
        pieces += [samples, pause]
    return write(Audio.mono(np.concatenate(pieces), RATE), "flac")


def live_story(told: Transcript, cast: Cast, folder: Path, output: Path) -> None:
    """Consent to revocation with a living person's recordings, everything checked as for anyone."""
    everything = readings_of(folder)
    told.heading("A living person gives consent")
    told.note(f"{len(everything)} recordings of one person")
    texts = [reading.text for reading in everything]
    by_text = {reading.text: reading for reading in everything}
    with told.step("The challenge is drawn at random from this person's sentences, and read"):
        voice_id = story.voice_of(cast.owner_live, "The person of the recordings", "Live voice")
        owned = story.consent(
            told, cast.owner_live, voice_id, lambda _statement, words: joined([by_text[word] for word in words]), texts
        )
        verdict = owned.verdict
        if verdict["state"] != "active":
            told.note(f"{verdict['refusal']}")
        told.expect(
            verdict["state"] == "active" and not verdict["simulated"], f"consent is {verdict['state']}, not simulated"
        )
    with told.step("The person's other recordings are the enrolment; a voice model is trained"):
        left = list(everything)
        random.Random(1).shuffle(left)
        trained = story.enrol(told, cast.owner_live, owned.voice_id, [(r.text, _bytes(r)) for r in left[: story.TAKES]])
        told.expect(trained["state"] == "ready", f"enrolment is {trained['state']} {trained['problem']}".strip())
    told.heading("An app uses the voice")
    speak_in_voice(told, cast.app_live, cast.owner_live, owned, output)
    verify(told, cast.auditor, cast.public, output)
    told.heading("The owner changes their mind")
    revoke(told, cast.owner_live, cast.app_live, owned)


def _bytes(reading: Reading) -> bytes:
    try:
        return reading.path.read_bytes()
    except OSError as error:
        raise StoryFailedError(f"{reading.path} cannot be read: {error.strerror}") from error
