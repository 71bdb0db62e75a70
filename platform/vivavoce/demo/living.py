"""The live world, where recordings of a real person lie at hand: the challenge is drawn from that person's own sentences."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiokit import Audio, Samples, read, resample, write
from vivavoce.demo import story
from vivavoce.demo.acts import revoke, speak_in_voice, verify
from vivavoce.demo.people import Cast
from vivavoce.demo.transcript import StoryFailedError, Transcript

RATE = 16_000
GAP_SECONDS = 0.4
_FADE_SECONDS = 0.03
_FRAME = 512
MIN_READINGS = 8
MIN_SPOKEN_SECONDS = 3.2  # two such sentences are speech enough to judge


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
    sounds = [resample(_sound(reading), RATE).to_mono() for reading in readings]
    level = float(np.mean([np.sqrt(np.mean(sound**2)) for sound in sounds]))
    whole = np.zeros(0, dtype=np.float32)
    for number, sound in enumerate(sounds):
        levelled = sound * (level / max(float(np.sqrt(np.mean(sound**2))), 1e-6))
        if number:
            whole = _blended(whole, _room(levelled, number))
        whole = _blended(whole, levelled) if number else levelled
    return write(Audio.mono(np.clip(whole, -1, 1), RATE), "flac")


def _sound(reading: Reading) -> Audio:
    return read(reading.path, max_seconds=60, max_bytes=2**25)


def _room(sound: Samples, seed: int) -> Samples:
    """A pause in the room of this recording: noise with the spectrum of its quietest moments. Digital silence would look like a cut."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, _FRAME)[:: _FRAME // 2]
    quiet = frames[np.argsort((frames**2).mean(axis=1))[: max(4, len(frames) // 12)]]
    shape = np.sqrt((np.abs(np.fft.rfft(quiet * np.hanning(_FRAME))) ** 2).mean(axis=0))
    length = int(GAP_SECONDS * RATE)
    noise = np.fft.rfft(np.random.default_rng(seed).standard_normal(length))
    spectrum = np.interp(np.linspace(0, 1, len(noise)), np.linspace(0, 1, len(shape)), shape)
    pause = np.fft.irfft(noise * spectrum, length)
    target = float(np.sqrt((quiet**2).mean()))
    return (pause * target / max(float(np.sqrt((pause**2).mean())), 1e-9)).astype(np.float32)


def _blended(left: Samples, right: Samples) -> Samples:
    """Joined with a short equal-power crossfade."""
    span = min(int(_FADE_SECONDS * RATE), len(left), len(right))
    turn = np.linspace(0, np.pi / 2, span, dtype=np.float32)
    middle = left[len(left) - span :] * np.cos(turn) + right[:span] * np.sin(turn)
    return np.concatenate([left[: len(left) - span], middle, right[span:]]).astype(np.float32)


def live_story(told: Transcript, cast: Cast, folder: Path, output: Path) -> None:
    """Consent to revocation with a living person's recordings, everything checked as for anyone."""
    everything = readings_of(folder)
    told.heading("A living person gives consent")
    told.note(f"{len(everything)} recordings of one person")
    long = [reading for reading in everything if _sound(reading).seconds >= MIN_SPOKEN_SECONDS]
    texts = [reading.text for reading in (long if len(long) >= MIN_READINGS else everything)]
    by_text = {reading.text: reading for reading in everything}
    with told.step("The challenge is drawn at random from this person's sentences, and read"):
        voice_id = story.voice_of(cast.owner_live, "The person of the recordings", "Live voice")
        spent: set[str] = set()

        def record(_statement: str, sentences: Sequence[str]) -> bytes:
            spent.update(sentences)  # a recording is taken once: heard in the consent, it would be refused as a take
            return joined([by_text[sentence] for sentence in sentences])

        owned = story.consent(told, cast.owner_live, voice_id, record, texts)
        verdict = owned.verdict
        story.explain(told, verdict)
        told.expect(
            verdict["state"] == "active" and not verdict["simulated"], f"consent is {verdict['state']}, not simulated"
        )
    with told.step("The person's other recordings are the enrolment; a voice model is trained"):
        left = [reading for reading in everything if reading.text not in spent]
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
