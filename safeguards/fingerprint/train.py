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
STEP_S = 0.2
JITTER_S = 0.03  # stored and asked vectors are never in step: half the stored step after doubling is 0.02 s
RIDGE = 0.02
LEAST_CONTRAST = 0.5  # nats; pauses teach nothing
WHITENING = 0.5  # of the discriminating power: without it a few components decide the cosine
LAG_FRAMES = 8  # codecs delay by up to 0.16 s


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


def delay_s(clean: NDArray[np.float64], changed: NDArray[np.float64], factor: float) -> float:
    """By how much a distortion delays, from log-mel to log-mel, in seconds: time t of the clean clip lies at t / factor + delay."""
    count = min(len(changed), int(len(clean) / factor)) - 2 * LAG_FRAMES
    times = np.arange(LAG_FRAMES, LAG_FRAMES + count)
    left = (clean - clean.mean(axis=0))[np.clip(np.round(times * factor).astype(int), 0, len(clean) - 1)]
    right = changed - changed.mean(axis=0)
    lags = range(-LAG_FRAMES, LAG_FRAMES + 1)
    products = [float((left * right[np.clip(times + lag, 0, len(right) - 1)]).sum()) for lag in lags]
    return (int(np.argmax(products)) - LAG_FRAMES) * patches.FRAME_S


def _pairs(
    speech: Path, chosen: list[Clip], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    clean, noise = [], []
    half = patches.PATCH_S / 2
    for number, clip in enumerate(chosen):
        samples = load(speech, clip)
        levels = patches.log_mel(samples)
        times = np.arange(half, len(samples) / patches.RATE - half, STEP_S)
        here, contrast = patches.cut(levels, times)
        spoken = contrast > LEAST_CONTRAST
        clean.append(here[spoken])
        for name in rng.choice(list(DISTORTIONS), DISTORTIONS_PER_CLIP, replace=False):
            changed = patches.log_mel(DISTORTIONS[name](samples, rng))
            factor = TIME_FACTOR.get(name, 1.0)
            shifted = times / factor + delay_s(levels, changed, factor) + rng.uniform(-JITTER_S, JITTER_S, len(times))
            inside = spoken & (shifted > half) & (shifted < len(changed) * patches.FRAME_S - half)
            noise.append((patches.cut(changed, shifted)[0] - here)[inside])
        if number % 20 == 0:
            sys.stdout.write(f"{number}/{len(chosen)} clips\n")
    return np.concatenate(clean).astype(np.float64), np.concatenate(noise).astype(np.float64)


def fit_projection(
    clean: NDArray[np.float64], noise: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Directions with the most variance between moments per variance under distortion: the top generalised eigenvectors.

    Args:
        clean: patches of undistorted speech, shape ``[n, SIZE]``.
        noise: differences between distorted and clean patches, shape ``[m, SIZE]``.

    Returns:
        The mean, shape ``[SIZE]``, and the projection, shape ``[SIZE, COMPONENTS]``, most powerful direction first.
    """
    mean = clean.mean(axis=0)
    between = np.cov((clean - mean).T)
    within = noise.T @ noise / len(noise)
    within += RIDGE * np.trace(within) / len(within) * np.eye(len(within))
    size = len(within)
    power, vectors = scipy.linalg.eigh(between, within, subset_by_index=[size - COMPONENTS, size - 1])
    whitened = vectors[:, ::-1] * power[::-1] ** -WHITENING
    return mean.astype(np.float32), whitened.astype(np.float32)


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
