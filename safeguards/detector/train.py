"""Train the detector: ``python -m safeguards.detector.train --speech DIR --spoofs DIR --out safeguards/detector/weights``.

A perceptron over window statistics; deterministic for a seed on one thread. Writes ``detector.safetensors``,
``detector.json`` (calibration, operating points) and ``detector-data.csv`` (every clip with its digest and its part).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save

from safeguards.detector.dataset import Clip, Example, clips, examples, voice_part
from safeguards.detector.statistics import describe

Tensors = dict[str, NDArray[np.float32]]

_BATCH = 128
_PEAK_RATE = 2e-3
_CLIP = 5.0
_FALSE_ALARMS = 0.003  # on calibration voices; others and other channels raise more
_MISSES = 0.05
_LEAST_ODDS = 0.5  # no verdict nearer than this to even


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a run depends on besides its examples."""

    steps: int = 1500
    seed: int = 0
    hidden: int = 192
    centred: bool = True


@dataclass(frozen=True, eq=False)
class Table:
    """Window statistics ``[windows, numbers]`` of examples, and which example each window belongs to."""

    numbers: NDArray[np.float32]
    owner: NDArray[np.int64]
    clips: tuple[Clip, ...]

    def per_example(self, outputs: NDArray[np.float32]) -> NDArray[np.float64]:
        """Mean of window outputs for each example."""
        sums = np.bincount(self.owner, outputs, len(self.clips))
        means: NDArray[np.float64] = sums / np.bincount(self.owner, minlength=len(self.clips))
        return means


def tabulate(wanted: Sequence[Example], centred: bool) -> Table:
    """Describe all windows of all examples."""
    rows = [describe(example.features.astype(np.float32), centred) for example in wanted]
    owner = np.repeat(np.arange(len(rows)), [len(block) for block in rows])
    return Table(np.concatenate(rows), owner, tuple(example.clip for example in wanted))


def fit(table: Table, chosen: NDArray[np.bool_], recipe: Recipe) -> Tensors:
    """Train on the examples marked in ``chosen``; classes, systems and voices are drawn evenly.

    Returns:
        Tensors ``mean``, ``spread`` and layers ``w0 b0 w1 b1 w2 b2`` of the perceptron, as the detector reads them.
    """
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    places = np.flatnonzero(chosen[table.owner])
    labels = np.array([clip.synthetic for clip in table.clips], dtype=np.float32)[table.owner]
    mean = table.numbers[places].mean(axis=0)
    spread = table.numbers[places].std(axis=0) + 1e-3
    inputs = torch.from_numpy(np.clip((table.numbers - mean) / spread, -_CLIP, _CLIP))
    weights = _balance([table.clips[owner] for owner in table.owner[places]], labels[places])
    layers = [
        torch.nn.Linear(inputs.shape[1], recipe.hidden),
        torch.nn.Linear(recipe.hidden, 64),
        torch.nn.Linear(64, 1),
    ]
    network = torch.nn.Sequential(
        torch.nn.Dropout(0.2), layers[0], torch.nn.ReLU(), torch.nn.Dropout(0.4), layers[1], torch.nn.ReLU(),
        torch.nn.Dropout(0.4), layers[2],
    )  # fmt: skip
    optimiser = torch.optim.AdamW(network.parameters(), lr=_PEAK_RATE / 2, weight_decay=3e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _PEAK_RATE, total_steps=recipe.steps)
    target = torch.from_numpy(labels * 0.94 + 0.03)
    for _ in range(recipe.steps):
        batch = rng.choice(places, _BATCH, p=weights)
        noisy = inputs[batch] + 0.1 * torch.randn(_BATCH, inputs.shape[1])
        loss = torch.nn.functional.binary_cross_entropy_with_logits(network(noisy)[:, 0], target[batch])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    tensors = {"mean": mean, "spread": spread}
    for number, layer in enumerate(layers):
        tensors[f"w{number}"] = layer.weight.detach().numpy().copy()
        tensors[f"b{number}"] = layer.bias.detach().numpy().copy()
    return tensors


def outputs(tensors: Tensors, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
    """The perceptron's raw log odds for statistics ``[windows, numbers]``."""
    hidden = np.clip((numbers - tensors["mean"]) / tensors["spread"], -_CLIP, _CLIP)
    for number in range(3):
        hidden = hidden @ tensors[f"w{number}"].T + tensors[f"b{number}"]
        if number < 2:
            hidden = np.maximum(hidden, 0.0)
    return np.asarray(hidden[:, 0], dtype=np.float32)


def calibrate(scores: NDArray[np.float64], synthetic: NDArray[np.bool_]) -> dict[str, float]:
    """Platt scaling at equal priors, and the verdict band: 0.3 % false alarms above it, 5 % misses below it."""
    weight = np.where(synthetic, 0.5 / synthetic.sum(), 0.5 / (~synthetic).sum())
    sign = torch.from_numpy(np.where(synthetic, 1.0, -1.0))
    line = torch.tensor([0.0, 1.0], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([line], max_iter=200)
    values, balance = torch.from_numpy(scores), torch.from_numpy(weight)

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = (balance * torch.nn.functional.softplus(-sign * (line[0] + line[1] * values))).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    offset, slope = (float(value) for value in line.detach())
    odds = offset + slope * scores
    return {
        "slope": slope,
        "offset": offset,
        "synthetic_above": max(float(np.quantile(odds[~synthetic], 1.0 - _FALSE_ALARMS)), _LEAST_ODDS),
        "genuine_below": min(float(np.quantile(odds[synthetic], _MISSES)), -_LEAST_ODDS),
    }


def publish(folder: Path, name: str, version: str, tensors: Tensors, centred: bool, line: dict[str, float]) -> None:
    """Write weights and their card."""
    content = save({key: value.astype(np.float32) for key, value in tensors.items()})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.safetensors").write_bytes(content)
    card = {"version": version, "sha256": hashlib.sha256(content).hexdigest(), "centred": centred, **line}
    (folder / f"{name}.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def write_data_list(path: Path, used: Sequence[Clip]) -> None:
    """Every clip: digest, source, voice, system, part."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["sha256_16", "source", "voice", "system", "part"])
        for clip in sorted(used, key=lambda one: (one.source, one.system, one.voice, one.path.name)):
            digest = hashlib.sha256(clip.path.read_bytes()).hexdigest()[:16]
            writer.writerow([digest, clip.source, clip.voice, clip.system, voice_part(clip.voice)])


def _balance(owners: Sequence[Clip], labels: NDArray[np.float32]) -> NDArray[np.float64]:
    """Sampling weights: half of each class; within a class systems, or voices, count by the square root of their size."""
    weights = np.zeros(len(owners))
    groups: dict[tuple[bool, str], list[int]] = {}
    for place, clip in enumerate(owners):
        label = bool(labels[place])
        groups.setdefault((label, clip.system if label else clip.voice), []).append(place)
    for members in groups.values():
        weights[members] = 1.0 / np.sqrt(len(members))
    for value in (0.0, 1.0):
        weights[labels == value] *= 0.5 / weights[labels == value].sum()
    return weights


def main() -> None:
    """Train, calibrate, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--spoofs", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("safeguards/detector/weights"))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    used = clips(arguments.speech, arguments.spoofs)
    table = tabulate(list(examples(used, human=5, synthetic=2, seed=arguments.seed)), centred=True)
    part = np.array([voice_part(clip.voice) for clip in table.clips])
    tensors = fit(table, part == "train", Recipe())
    scores = table.per_example(outputs(tensors, table.numbers))
    synthetic = np.array([clip.synthetic for clip in table.clips])
    line = calibrate(scores[part == "calibrate"], synthetic[part == "calibrate"])
    publish(arguments.out, "detector", "detector-2", tensors, True, line)
    write_data_list(arguments.out / "detector-data.csv", used)


if __name__ == "__main__":
    main()
