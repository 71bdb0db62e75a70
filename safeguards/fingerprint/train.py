"""Train the projection and the pitch maps: ``python -m safeguards.fingerprint.train --speech DIR``.

Writes the weights and the list of clips used, and prints the digest, which is then written into ``extraction`` by hand; the null is
fitted afterwards by ``fit_null``. Speakers whose name hashes to an even number are never read here; ``bench.fingerprint``
quotes its figures on those.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from audiokit import read, resample
from safeguards.fingerprint import patches
from safeguards.fingerprint.distortions import DISTORTIONS, TIME_FACTOR, sped
from safeguards.fingerprint.record import COMPONENTS

SEED = 20261121
CLIPS_PER_SPEAKER = 30
SECONDS = 7.0
DISTORTIONS_PER_CLIP = 10
STEP_S = 0.2
JITTER_S = 0.035  # stored and asked vectors are never in step: half the stored step after doubling is 0.02 s
RIDGE = 0.02
LEAST_CONTRAST = 0.3  # nats; pauses teach nothing
WHITENING = 0.5  # of the discriminating power: without it a few components decide the cosine
SPEED_WEIGHT = 3  # a change of speed moves the bands as well: the hardest to forgive, and rare in the draw
MAPPED_SPEEDS = (0.88, 0.92, 0.96, 1.04, 1.08, 1.12)
MAP_RIDGE = 5.0
LAG_FRAMES = 8  # codecs delay by up to 0.16 s


@dataclass(frozen=True)
class Clip:
    """One row of the speech set's manifest."""

    speaker: str
    path: str
    text: str = ""


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
                chosen.append(Clip(name, row["path"], sentence(row)))
    return chosen


def sentence(row: Mapping[str, str]) -> str:
    """What is read in a clip, comparable between clips; empty where unknown. ``vcc2016`` has no texts, but numbers its sentences."""
    return Path(row["path"]).stem.split("_")[-1] if row["set"] == "vcc2016" else row["transcript"].lower().strip(" .")


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
            difference = (patches.cut(changed, shifted)[0] - here)[inside]
            noise += [difference] * (SPEED_WEIGHT if name.startswith("speed") else 1)
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


def fit_pitch_maps(
    waves: list[NDArray[np.float64]], mean: NDArray[np.float32], projection: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How vectors change when a clip is played e times faster, undone: v + e v B1 + e^2 v B2 is the vector at the old speed.

    Returns:
        B1 and B2, shape ``[2, COMPONENTS, COMPONENTS]``, by ridge regression.
    """
    before, after, shares = [], [], []
    for samples in waves:
        levels = patches.log_mel(samples)
        times = np.arange(0.4, len(samples) / patches.RATE - 0.4, STEP_S)
        patch, contrast = patches.cut(levels, times)
        spoken = contrast > LEAST_CONTRAST
        here = unit((patch - mean) @ projection)[spoken]
        for factor in MAPPED_SPEEDS:
            played = patches.log_mel(sped(samples, np.random.default_rng(SEED), factor=factor))
            there = unit((patches.cut(played, times / factor)[0] - mean) @ projection)[spoken]
            before.append(there)
            after.append(here)
            shares.append(np.full((len(there), 1), factor - 1.0))
    source, share = np.concatenate(before), np.concatenate(shares)
    # e is near 0.1, e^2 near 0.01: scaled so that one ridge fits both.
    design = np.concatenate([source * share * 10, source * share**2 * 100], axis=1)
    gram = design.T @ design + MAP_RIDGE * np.eye(design.shape[1])
    maps = np.linalg.solve(gram, design.T @ (np.concatenate(after) - source)).reshape(2, COMPONENTS, COMPONENTS)
    return np.asarray(maps * np.array([10.0, 100.0])[:, None, None], dtype=np.float32)


def unit(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Each row at length one."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6), dtype=np.float64)


def main() -> None:
    """Train and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "weights")
    arguments = parser.parse_args()
    rng = np.random.default_rng(SEED)
    chosen = clips(arguments.speech, test=False, per_speaker=CLIPS_PER_SPEAKER)
    mean, projection = fit_projection(*_pairs(arguments.speech, chosen, rng))

    from safetensors.numpy import save

    maps = fit_pitch_maps([load(arguments.speech, clip) for clip in chosen], mean, projection)
    arrays = {"mean": mean, "projection": projection, "pitch_maps": maps}
    # safetensors writes the buffer as it lies, so it must lie in C order.
    data = save({name: np.ascontiguousarray(values, dtype=np.float16) for name, values in arrays.items()})
    arguments.out.mkdir(exist_ok=True)
    (arguments.out / "opca.safetensors").write_bytes(data)
    with (arguments.out / "training-clips.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["speaker", "path"])
        writer.writerows((clip.speaker, clip.path) for clip in chosen)
    sys.stdout.write(f"sha256 {hashlib.sha256(data).hexdigest()}  {len(chosen)} clips\n")


if __name__ == "__main__":
    main()
