"""Frames and the samples that they stand for, for the vocoder's training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthesis.engine.parametric import vocoder, world
from synthesis.engine.parametric.base import BaseModel
from synthesis.engine.parametric.reading import Reading
from synthesis.engine.parametric.train import spoken
from synthesis.engine.parametric.train.corpus import Take

Floats = NDArray[np.float32]

SAMPLES_PER_FRAME: Final = 2 * vocoder.HOP


@dataclass(frozen=True)
class Pair:
    """Frames of 10 ms ``[T, 43]``, the samples that they were measured from, int16, ``[160 T]``, and frames as predicted."""

    frames: Floats
    samples: NDArray[np.int16]
    predicted: Floats


def pairs(speakers: Sequence[Sequence[tuple[Take, Reading]]], base: BaseModel) -> list[list[Pair]]:
    """Pairs of each speaker's measured takes, with the frames that ``base`` predicts."""
    found = []
    for takes in speakers:
        readings = [reading for _, reading in takes]
        predicted = spoken.predicted(base, readings)
        found.append([pair_of(*measured, made) for measured, made in zip(takes, predicted, strict=True)])
    return found


def pair_of(take: Take, reading: Reading, predicted: Floats) -> Pair:
    """A measured take with its samples."""
    samples, _ = soundfile.read(take.path, dtype="float64")
    sound = np.zeros(SAMPLES_PER_FRAME * len(reading.log_f0))
    length = min(len(sound), len(samples))
    sound[:length] = world.level(samples)[:length]
    return Pair(spoken.natural(reading), (np.clip(sound, -1, 1) * 32767).astype(np.int16), predicted)


def draw(
    speakers: Sequence[Sequence[Pair]], rng: np.random.Generator, size: int, length: int, predicted: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Windows of random speakers, weighted by the square root of what there is of each; ``predicted`` of them as predicted."""
    share = np.sqrt([sum(len(pair.frames) for pair in pairs) for pairs in speakers])
    rows, sounds = [], []
    for speaker in rng.choice(len(speakers), size, p=share / share.sum()):
        pair = speakers[speaker][int(rng.integers(len(speakers[speaker])))]
        begin = int(rng.integers(max(1, len(pair.frames) - length + 1)))
        frames = (pair.predicted if rng.random() < predicted else pair.frames)[begin : begin + length]
        sound = pair.samples[begin * SAMPLES_PER_FRAME : (begin + len(frames)) * SAMPLES_PER_FRAME]
        missing = length - len(frames)
        rows.append(np.pad(frames, ((0, missing), (0, 0)), mode="edge"))
        sounds.append(np.pad(sound, (0, missing * SAMPLES_PER_FRAME)))
    recorded = np.stack(sounds).astype(np.float32) / 32768
    return torch.from_numpy(np.stack(rows)), torch.from_numpy(recorded)
