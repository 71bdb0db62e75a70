"""The training corpus: which recordings, split by speaker, measured once and kept.

Licences and sources of every recording stand in the manifest beside the audio. The owners that the benchmark clones are in
no training set; see ``TEST_SET``.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
from numpy.typing import NDArray
from pocketsphinx import Decoder

from synthesis.engine.parametric import world
from synthesis.engine.parametric.alignment import Aligner
from synthesis.engine.parametric.reading import Reading, measure
from synthesis.engine.parametric.text.lexicon import Lexicon
from synthesis.engine.parametric.track import PhoneTrack

TRAINING_SETS: Final = ("librispeech_train-clean-100", "kathleen", "ljspeech")
TEST_SET: Final = "librispeech_test-other"
# Every twelfth of the speakers with one short clip is only listened to.
HELD_BACK_EVERY: Final = 12


@dataclass(frozen=True)
class Take:
    """One recording of the manifest; the transcript may be empty."""

    set: str
    speaker: str
    path: Path
    transcript: str
    seconds: float


def takes(data: Path, sets: tuple[str, ...] = TRAINING_SETS, seed: int = 0) -> list[Take]:
    """Bona fide takes of ``sets``, speakers with little first, then the large ones in turns of three minutes."""
    with (data / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["kind"] == "bonafide" and row["set"] in sets]
    found = [
        Take(row["set"], row["speaker"], data / row["path"], row["transcript"], float(row["seconds"])) for row in rows
    ]
    by_set = {name: [take for take in found if take.set == name] for name in sets}
    rng = np.random.default_rng(seed)
    ordered = by_set.pop(TRAINING_SETS[0], [])
    for queue in by_set.values():
        rng.shuffle(queue)
    while any(by_set.values()):
        for queue in by_set.values():
            taken = 0.0
            while queue and taken < 180:
                ordered.append(queue.pop())
                taken += ordered[-1].seconds
    return ordered


class Transcriber:
    """Pocketsphinx with the language model it carries, for clips without a transcript. Its errors are acoustically near."""

    def __init__(self) -> None:
        self._decoder: Any = Decoder(samprate=world.SAMPLE_RATE, loglevel="FATAL")

    def __call__(self, samples: NDArray[np.floating]) -> str:
        """Words heard in 16 kHz ``samples`` ``[time]``."""
        self._decoder.start_utt()
        self._decoder.process_raw((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
        self._decoder.end_utt()
        words = [re.sub(r"\(\d+\)$", "", segment.word) for segment in self._decoder.seg()]
        return " ".join(word for word in words if not word.startswith(("<", "[")))


def readings(
    all_takes: list[Take], cache: Path, aligner: Aligner, lexicon: Lexicon, report: Callable[[str], None]
) -> Iterator[tuple[Take, Reading]]:
    """Measured takes, from the cache where they are; takes that cannot be aligned are left out."""
    cache.mkdir(parents=True, exist_ok=True)
    transcriber: Transcriber | None = None
    for number, take in enumerate(all_takes):
        file = cache / f"{hashlib.sha256(str(take.path.name + take.speaker).encode()).hexdigest()[:24]}.npz"
        if file.exists():
            reading = load(file)
        else:
            samples, rate = soundfile.read(take.path, dtype="float64")
            if rate != world.SAMPLE_RATE or samples.ndim != 1:
                raise ValueError(f"{take.path} is not 16 kHz mono")
            transcript = take.transcript
            if not transcript:
                transcriber = transcriber or Transcriber()
                transcript = transcriber(world.level(samples))
            reading = measure(samples, transcript, aligner, lexicon, quick=True)
            save(file, reading)
        if reading is not None:
            yield take, reading
        if number % 100 == 0:
            report(f"corpus {number}/{len(all_takes)}")


def save(file: Path, reading: Reading | None) -> None:
    """Keep a reading; a take that could not be aligned is kept as an empty file of arrays."""
    arrays: dict[str, NDArray[Any]] = {}
    if reading is not None:
        track = reading.track
        arrays = {
            "phone": track.phone.astype(np.int8),
            "stress": track.stress.astype(np.int8),
            "context": track.context,
            "pause": track.pause,
            "frames": reading.frames.astype(np.int16),
            "cepstrum": reading.cepstrum.astype(np.float16),
            "aperiodicity": reading.aperiodicity,
            "log_f0": reading.log_f0,
            "voiced": reading.voiced,
        }
    partial = file.with_suffix(".part")
    with partial.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]
    partial.replace(file)


def load(file: Path) -> Reading | None:
    """Read what ``save`` wrote."""
    with np.load(file, allow_pickle=False) as arrays:
        if "phone" not in arrays:
            return None
        track = PhoneTrack(
            arrays["phone"].astype(np.int64), arrays["stress"].astype(np.int64), arrays["context"], arrays["pause"]
        )
        return Reading(
            track,
            arrays["frames"].astype(np.int64),
            arrays["cepstrum"].astype(np.float32),
            arrays["aperiodicity"],
            arrays["log_f0"],
            arrays["voiced"],
        )


def by_speaker(
    pairs: list[tuple[Take, Reading]],
) -> tuple[list[list[tuple[Take, Reading]]], list[list[tuple[Take, Reading]]]]:
    """Training speakers and held-back speakers with their takes, in the order of their names."""
    found: dict[str, list[tuple[Take, Reading]]] = {}
    for take, reading in pairs:
        found.setdefault(f"{take.set}/{take.speaker}", []).append((take, reading))
    many = [name for name in sorted(found) if name.startswith(TRAINING_SETS[0])]
    held = set(many[::HELD_BACK_EVERY])
    return [found[name] for name in sorted(found) if name not in held], [found[name] for name in sorted(held)]


def split(pairs: list[tuple[Take, Reading]]) -> tuple[list[list[Reading]], list[list[Reading]]]:
    """Readings of training speakers and of held-back speakers, in the order of their names."""
    training, held_back = by_speaker(pairs)
    return (
        [[reading for _, reading in takes] for takes in training],
        [[reading for _, reading in takes] for takes in held_back],
    )
