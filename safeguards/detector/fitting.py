"""Fit perceptrons to window statistics, calibrate them, and write them down. Deterministic for a seed on one thread."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save

from safeguards.detector.dataset import Clip, Table, voice_part
from safeguards.detector.features import FEATURES
from safeguards.detector.model import CHANNELS, Line
from safeguards.detector.phases import PHASES
from safeguards.detector.statistics import places

Tensors = dict[str, NDArray[np.float32]]

_BATCH = 128
_CLIP = 5.0
_LEAST_ODDS = 0.5  # no verdict nearer than this to even
_FEWEST = 25  # examples of either class for a channel class to have its own calibration


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a run depends on besides its examples."""

    steps: int = 500
    seed: int = 0
    hidden: int = 128
    nets: int = 2
    peak_rate: float = 3e-3
    decay: float = 3e-2
    dropout: float = 0.4
    masked: float = 0.15  # share of statistic groups hidden from an example, so that no single one is relied on


def fit(table: Table, chosen: NDArray[np.bool_], recipe: Recipe, store: Path | None = None) -> Tensors:
    """Train on the examples marked in ``chosen``; classes, systems and voices are drawn evenly.

    Args:
        table: examples.
        chosen: per example.
        recipe: how.
        store: folder that keeps each net when it is done, so that a run on the same examples can be taken up again.

    Returns:
        Tensors ``mean``, ``spread`` and layers ``w0 b0 w1 b1 w2 b2``, stacked over nets, as the detector reads them.
    """
    rows = np.flatnonzero(chosen[table.owner])
    mean = table.numbers[rows].mean(axis=0)
    spread = table.numbers[rows].std(axis=0) + 1e-3
    inputs = torch.from_numpy(np.clip((table.numbers[rows] - mean) / spread, -_CLIP, _CLIP))
    labels = table.synthetic[table.owner[rows]].astype(np.float32)
    weights = _balance([table.clips[owner] for owner in table.owner[rows]], labels)
    tensors: Tensors = {"mean": mean, "spread": spread}
    nets = [_kept(store, recipe, number, lambda seed: _net(inputs, labels, weights, recipe, seed))
            for number in range(recipe.nets)]  # fmt: skip
    for name in nets[0]:
        tensors[name] = np.ascontiguousarray(np.stack([net[name] for net in nets]))
    return tensors


def _kept(store: Path | None, recipe: Recipe, number: int, train: Callable[[int], Tensors]) -> Tensors:
    """One net, from the store if it is there."""
    seed = recipe.seed + number
    place = None if store is None else store / f"net-{recipe.steps}-{seed}.npz"
    if place is not None and place.is_file():
        with np.load(place) as stored:
            return dict(stored)
    net = train(seed)
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        np.savez(place, **net)  # type: ignore[arg-type]
    return net


def _net(
    inputs: torch.Tensor, labels: NDArray[np.float32], weights: NDArray[np.float64], recipe: Recipe, seed: int
) -> Tensors:
    """Layers ``w0 b0 w1 b1 w2 b2``."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    sizes = [int(inputs.shape[1]), recipe.hidden, 64, 1]
    layers = [torch.nn.Linear(before, after) for before, after in itertools.pairwise(sizes)]
    drop = recipe.dropout
    network = torch.nn.Sequential(
        torch.nn.Dropout(drop / 2), layers[0], torch.nn.ReLU(), torch.nn.Dropout(drop), layers[1], torch.nn.ReLU(),
        torch.nn.Dropout(drop), layers[2],
    )  # fmt: skip
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.peak_rate / 2, weight_decay=recipe.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.peak_rate, total_steps=recipe.steps)
    target = torch.from_numpy(labels * 0.94 + 0.03)
    groups = torch.from_numpy(_groups_of(sizes[0]))
    for _ in range(recipe.steps):
        batch = rng.choice(len(labels), _BATCH, p=weights)
        seen = torch.rand(_BATCH, int(groups.max()) + 1) >= recipe.masked
        outputs = network(inputs[batch] * seen[:, groups])[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(outputs, target[batch])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return {
        f"{letter}{number}": getattr(layer, name).detach().numpy()
        for number, layer in enumerate(layers) for letter, name in (("w", "weight"), ("b", "bias"))
    }  # fmt: skip


def _groups_of(count: int) -> NDArray[np.int64]:
    """The group of each statistic; twenty equal ones for statistics that name none."""
    for features in (FEATURES, FEATURES + PHASES):
        groups = places(features)
        named = np.repeat(np.arange(len(groups)), [len(hertz) for _, hertz in groups])
        if len(named) == count:
            return named
    return np.arange(count) * 20 // count


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


def platt(scores: NDArray[np.float64], positive: NDArray[np.bool_], weights: NDArray[np.float64] | None = None) -> Line:
    """Platt scaling at equal priors (Platt 1999, with his softened targets)."""
    weight = np.ones(len(scores)) if weights is None else weights.copy()
    for value in (True, False):
        weight[positive == value] *= 0.5 / max(float(weight[positive == value].sum()), 1e-9)
    soft = np.where(positive, (positive.sum() + 1.0) / (positive.sum() + 2.0), 1.0 / ((~positive).sum() + 2.0))
    line = torch.tensor([0.0, 1.0], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([line], max_iter=200)
    values, balance, target = torch.from_numpy(scores), torch.from_numpy(weight), torch.from_numpy(soft)

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        each = torch.nn.functional.binary_cross_entropy_with_logits(
            line[0] + line[1] * values, target, reduction="none"
        )
        loss = (balance * each).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    offset, slope = (float(value) for value in line.detach())
    return Line(slope=slope, offset=offset)


def lines_of(
    scores: NDArray[np.float64], positive: NDArray[np.bool_], channels: Sequence[str], weights: NDArray[np.float64]
) -> dict[str, Line]:
    """Calibration for each class of channels; that of all together where a class has too few examples."""
    lines, found = {}, np.array(channels)
    for channel in CHANNELS:
        here = found == channel
        if min((here & positive).sum(), (here & ~positive).sum()) < _FEWEST:
            here = np.ones(len(scores), dtype=np.bool_)
        lines[channel] = platt(scores[here], positive[here], weights[here])
    return lines


def calibrated(lines: Mapping[str, Line], scores: NDArray[np.float64], channels: Sequence[str]) -> NDArray[np.float64]:
    """Log odds of raw scores."""
    slopes = np.array([lines[channel].slope for channel in channels])
    return np.asarray(np.array([lines[channel].offset for channel in channels]) + slopes * scores)


def even_weights(names: Sequence[str]) -> NDArray[np.float64]:
    """Weights by which every name counts the same, however often it comes."""
    counts = {name: names.count(name) for name in set(names)}
    return np.array([1.0 / counts[name] for name in names])


def quantile(values: NDArray[np.float64], weights: NDArray[np.float64], share: float) -> float:
    """The value below which ``share`` of the weight lies."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(reached, share)), len(values) - 1)])


def publish(
    folder: Path, name: str, version: str, tensors: Tensors, centred: bool, lines: Mapping[str, Line],
    synthetic_above: float, genuine_below: float,
) -> None:  # fmt: skip
    """Write weights, halved in precision, and their card."""
    content = save({key: value.astype(np.float32 if key in {"mean", "spread"} else np.float16)
                    for key, value in tensors.items()})  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.safetensors").write_bytes(content)
    card = {
        "version": version,
        "sha256": hashlib.sha256(content).hexdigest(),
        "centred": centred,
        "lines": {channel: asdict(line) for channel, line in lines.items()},
        "synthetic_above": max(synthetic_above, _LEAST_ODDS),
        "genuine_below": min(genuine_below, -_LEAST_ODDS),
    }
    (folder / f"{name}.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def write_data_list(path: Path, used: Sequence[Clip]) -> None:
    """Every file: digest, source, voice, system, part."""
    files = {clip.path: clip for clip in used}
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["sha256_16", "source", "voice", "system", "part"])
        for clip in sorted(files.values(), key=lambda one: (one.source, one.system, one.voice, one.path.name)):
            digest = hashlib.sha256(clip.path.read_bytes()).hexdigest()[:16]
            writer.writerow([digest, clip.source, clip.voice, clip.system, voice_part(clip.voice)])
