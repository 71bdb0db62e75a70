"""Training and test material of the detector: which clips, whose voice, which system, and their band energies."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiokit import read, resample
from safeguards.detector.channels import journey
from safeguards.detector.features import RATE, band_energies, spoken_frames

_LONGEST = 7 * RATE
_MOST_PER_SPEAKER = 120  # of one speaker and set, so that no voice rules


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording. ``system`` is empty for human speech; ``voice`` is the speaker it sounds like."""

    path: Path
    voice: str
    system: str
    source: str

    @property
    def synthetic(self) -> bool:
        """Whether a machine made it."""
        return bool(self.system)


@dataclass(frozen=True, eq=False)
class Example:
    """Band energies of one clip's spoken frames after one journey (``variant`` 0: none)."""

    clip: Clip
    variant: int
    energies: NDArray[np.float16]


def clips(speech: Path, spoofs: Path | None) -> list[Clip]:
    """Clips of ``speech/manifest.csv``, and of ``spoofs/<system>/<voice>/*.flac`` made by ``bench.detector.make_spoofs``."""
    found, counts = [], dict[tuple[str, str], int]()
    with (speech / "manifest.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            key = (row["set"], row["speaker"])
            if row["kind"] == "noise" or counts.get(key, 0) >= _MOST_PER_SPEAKER:
                continue
            counts[key] = counts.get(key, 0) + 1
            system = row["spoof_system"] if row["kind"] == "spoof" else ""
            found.append(Clip(speech / row["path"], row["speaker"], system, row["set"]))
    for path in sorted(spoofs.glob("*/*/*.flac")) if spoofs is not None else ():
        found.append(Clip(path, path.parent.name, path.parent.parent.name, "made"))
    return found


def examples(wanted: list[Clip], variants: int, seed: int) -> Iterator[Example]:
    """Each clip as it is and after ``variants - 1`` random journeys. The journey depends on seed, clip and variant alone."""
    for clip in wanted:
        samples = resample(read(clip.path, max_seconds=60.0, max_bytes=20_000_000), RATE).to_mono()[:_LONGEST]
        if len(samples) < RATE // 2 or float(np.abs(samples).max()) < 1e-3:
            continue
        for variant in range(variants):
            digest = hashlib.sha256(f"{seed}/{clip.path.name}/{clip.voice}/{clip.system}/{variant}".encode()).digest()
            rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
            heard = samples if variant == 0 else journey(samples, rng)
            energies = band_energies(heard, seed=int(rng.integers(1 << 31)))
            kept = energies[spoken_frames(samples, len(energies))]
            yield Example(clip, variant, kept.astype(np.float16))
