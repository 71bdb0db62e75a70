"""Train the projection and fit the null: ``python -m safeguards.fingerprint.train --speech DIR``.

Writes the weights and the list of clips used, and prints the digest and the null's constants, which are then written into
``extraction`` and ``matching`` by hand. Speakers whose name hashes to an even number are never read here; ``bench.fingerprint``
quotes its figures on those.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from audiokit import read, resample
from safeguards.fingerprint import patches
from safeguards.fingerprint.distortions import DISTORTIONS, TIME_FACTOR
from safeguards.fingerprint.record import COMPONENTS

SEED = 20261121
CLIPS_PER_SPEAKER = 30
SECONDS = 7.0
DISTORTIONS_PER_CLIP = 10
STEP_S = 0.3
JITTER_S = 0.125  # half the hop: stored and asked vectors are never in step
RIDGE = 0.02


@dataclass(frozen=True)
class Clip:
    """One row of the speech set's manifest."""

    speaker: str
    path: str


def is_test_speaker(speaker: str) -> bool:
    """The split: by speaker, fixed for good."""
    return hashlib.sha256(speaker.encode()).digest()[0] % 2 == 0


def clips(speech: Path, *, test: bool, per_speaker: int) -> list[Clip]:
    """Genuine clips above 3 s, at most ``per_speaker`` of each speaker of the wanted half."""
    taken: dict[str, int] = {}
    chosen: list[Clip] = []
    with (speech / "manifest.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = row["speaker"]
            wanted = row["kind"] == "bonafide" and row["set"] != "fsdd" and float(row["seconds"]) > 3.0
            if wanted and is_test_speaker(name) == test and taken.get(name, 0) < per_speaker:
                taken[name] = taken.get(name, 0) + 1
                chosen.append(Clip(name, row["path"]))
    return chosen


def load(speech: Path, clip: Clip, seconds: float = SECONDS) -> NDArray[np.float64]:
    """Mono samples at 16 kHz."""
    audio = resample(read(speech / clip.path, max_seconds=120, max_bytes=2**26), patches.RATE)
    return audio.to_mono()[: int(seconds * patches.RATE)].astype(np.float64)


def _pairs(
    speech: Path, chosen: list[Clip], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    clean, noise = [], []
    for number, clip in enumerate(chosen):
        samples = load(speech, clip)
        times = np.arange(0.5, len(samples) / patches.RATE - 0.5, STEP_S)
        here = patches.cut(patches.log_mel(samples), times)
        clean.append(here)
        for name in rng.choice(list(DISTORTIONS), DISTORTIONS_PER_CLIP, replace=False):
            changed = patches.log_mel(DISTORTIONS[name](samples, rng))
            shifted = times / TIME_FACTOR.get(name, 1.0) + rng.uniform(-JITTER_S, JITTER_S, len(times))
            noise.append(patches.cut(changed, shifted) - here)
        if number % 20 == 0:
            sys.stdout.write(f"{number}/{len(chosen)} clips\n")
    return np.concatenate(clean).astype(np.float64), np.concatenate(noise).astype(np.float64)


def fit_projection(
    clean: NDArray[np.float64], noise: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Directions with the most variance between moments per variance under distortion: the top generalised eigenvectors."""
    mean = clean.mean(axis=0)
    between = np.cov((clean - mean).T)
    within = noise.T @ noise / len(noise)
    within += RIDGE * np.trace(within) / len(within) * np.eye(len(within))
    size = len(within)
    _, vectors = scipy.linalg.eigh(between, within, subset_by_index=[size - COMPONENTS, size - 1])
    return mean.astype(np.float32), vectors[:, ::-1].astype(np.float32)


def main() -> None:
    """Train, save, then fit the null of ``matching.align`` on unrelated pairs of training speakers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "weights")
    arguments = parser.parse_args()
    rng = np.random.default_rng(SEED)
    chosen = clips(arguments.speech, test=False, per_speaker=CLIPS_PER_SPEAKER)
    mean, projection = fit_projection(*_pairs(arguments.speech, chosen, rng))

    from safetensors.numpy import save

    data = save({"mean": mean.astype(np.float16), "projection": projection.astype(np.float16)})
    arguments.out.mkdir(exist_ok=True)
    (arguments.out / "opca.safetensors").write_bytes(data)
    with (arguments.out / "training-clips.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["speaker", "path"])
        writer.writerows((clip.speaker, clip.path) for clip in chosen)
    sys.stdout.write(f"sha256 {hashlib.sha256(data).hexdigest()}  {len(chosen)} clips\n")


if __name__ == "__main__":
    main()
