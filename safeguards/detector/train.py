"""Train the detector: ``python -m safeguards.detector.train --speech DIR --spoofs DIR --out safeguards/detector/weights``.

Deterministic for a seed on one thread. Writes ``detector.safetensors``, ``detector.json`` (calibration, operating
points, version) and ``data.csv`` (every clip used, with its digest, and its part).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from safeguards.detector.dataset import Clip, Example
from safeguards.detector.features import BANDS, standardise
from safeguards.detector.network import Detector

WINDOW = 250  # frames in a training crop
_BATCH = 32
_PEAK_RATE = 2e-3


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a training run depends on besides its examples."""

    steps: int = 3000
    seed: int = 1
    centred: bool = True


def held_out(voice: str, parts: int = 5) -> bool:
    """Voices kept from training: one in five by digest of the name."""
    return hashlib.sha256(f"voice/{voice}".encode()).digest()[0] % parts == 0


def fit(train: Sequence[Example], labels: NDArray[np.float32], recipe: Recipe) -> Detector:
    """Train on examples with 0/1 labels; classes, systems and voices are drawn evenly.

    Args:
        train: examples.
        labels: ``[examples]``, 1 for synthetic.
        recipe: steps, seed.
    """
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    weights = _balance([example.clip for example in train], labels)
    network = Detector()
    optimiser = torch.optim.AdamW(network.parameters(), lr=_PEAK_RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _PEAK_RATE, total_steps=recipe.steps)
    network.train()
    for step in range(recipe.steps):
        chosen = rng.choice(len(train), _BATCH, p=weights)
        batch = np.stack([crop(train[place].energies, rng, recipe.centred) for place in chosen])
        target = torch.from_numpy(labels[chosen] * 0.96 + 0.02)
        logits = network(torch.from_numpy(batch))[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, target)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        if step % 100 == 99:
            print(f"step {step + 1} loss {loss.item():.3f}", flush=True)  # noqa: T201
    return network.eval()


def crop(energies: NDArray[np.float16], rng: np.random.Generator, centred: bool = True) -> NDArray[np.float32]:
    """A random window ``[250, 80]``, standardised, with some bands or frames blanked (SpecAugment, Park et al. 2019)."""
    values = energies.astype(np.float32)
    if len(values) < WINDOW:
        values = np.tile(values, (-(-WINDOW // len(values)), 1))
    start = int(rng.integers(0, len(values) - WINDOW + 1))
    window = standardise(values[start : start + WINDOW], centred)
    if rng.random() < 0.5:
        width = int(rng.integers(2, 16))
        low = int(rng.integers(0, BANDS - width))
        window[:, low : low + width] = 0.0
    if rng.random() < 0.3:
        low = int(rng.integers(0, WINDOW - 40))
        window[low : low + int(rng.integers(5, 40))] = 0.0
    return window


def _balance(clips: Sequence[Clip], labels: NDArray[np.float32]) -> NDArray[np.float64]:
    """Sampling weights: half of each class; within synthetic evenly over systems, within human by voice (square root)."""
    weights = np.zeros(len(clips))
    groups: dict[tuple[bool, str], list[int]] = {}
    for place, clip in enumerate(clips):
        label = bool(labels[place])
        groups.setdefault((label, clip.system if label else clip.voice), []).append(place)
    for members in groups.values():
        weights[members] = 1.0 / np.sqrt(len(members))
    for value in (0.0, 1.0):
        weights[labels == value] *= 0.5 / weights[labels == value].sum()
    return weights


@torch.inference_mode()
def logits_of(network: Detector, examples: Sequence[Example], centred: bool = True) -> NDArray[np.float32]:
    """Mean log odds over 2.5 s windows of each example, ``[examples]``: what the detector reports before calibration."""
    scores = []
    for example in examples:
        values = example.energies.astype(np.float32)
        if len(values) < WINDOW:
            values = np.tile(values, (-(-WINDOW // len(values)), 1))
        starts = range(0, len(values) - WINDOW + 1, WINDOW // 2)
        batch = np.stack([standardise(values[start : start + WINDOW], centred) for start in starts])
        scores.append(float(network(torch.from_numpy(batch)).mean()))
    return np.array(scores, dtype=np.float32)
