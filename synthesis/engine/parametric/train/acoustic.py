"""Training of the acoustic network on many speakers."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from synthesis.engine.parametric import acoustic
from synthesis.engine.parametric.batches import Batch, Normaliser, Sampler, speaker_statistics
from synthesis.engine.parametric.reading import Reading
from synthesis.engine.parametric.train.averaging import RunningAverage


@dataclass(frozen=True)
class Schedule:
    """How long and how fast.

    Attributes:
        steps: optimiser steps.
        rate: peak learning rate; warmed up over 100 steps, then a half cosine to nearly nothing.
        batch: windows in a step.
        length: frames in a window.
        seed: of weights, windows and dropout.
        check_every: steps between looks at the held-back speakers, each a report and a checkpoint.
        workers: processes that draw batches ahead; 0 draws them in this one. The batches are the same.
    """

    steps: int = 2000
    rate: float = 2e-3
    batch: int = 8
    length: int = 300
    seed: int = 0
    check_every: int = 100
    workers: int = 0


class _Drawn(Dataset[tuple[int, Batch]]):
    """Seed of the dropout and batch of each step."""

    def __init__(self, sampler: Sampler, schedule: Schedule) -> None:
        self._sampler, self._schedule = sampler, schedule

    def __getitem__(self, step: int) -> tuple[int, Batch]:
        schedule = self._schedule
        rng = np.random.default_rng([schedule.seed, step])
        dropout = int(rng.integers(2**62))
        return dropout, self._sampler.draw(rng, schedule.batch, schedule.length, augment=True)


def _on(batch: Batch, device: torch.device) -> Batch:
    return Batch(*(tensor.to(device) for tensor in batch))


def normaliser_of(speakers: Sequence[Sequence[Reading]]) -> Normaliser:
    """Statistics of the training set; each speaker counts alike among speakers, each frame among frames."""
    cepstrum = np.concatenate([reading.cepstrum for readings in speakers for reading in readings])
    table = np.stack([speaker_statistics(readings) for readings in speakers])
    return Normaliser(
        cepstrum.mean(0),
        cepstrum.std(0) + 1e-4,
        table.mean(0),
        table.std(0) + np.float32(1e-2),
    )


def draw_weights(speakers: Sequence[Sequence[Reading]]) -> list[float]:
    """Square root of each speaker's frames: the many short speakers are heard, the long ones not forgotten."""
    return [math.sqrt(sum(len(reading.log_f0) for reading in readings)) for readings in speakers]


def mel_cepstral_distortion(net: acoustic.AcousticNet, batch: Batch, normaliser: Normaliser) -> float:
    """Mean distortion in dB without c0 (Kubichek 1993), on the frames of ``batch``."""
    with torch.inference_mode():
        out = net(batch.phone, batch.stress, batch.frame_phone, batch.frames, batch.speaker)
    scale = torch.from_numpy(normaliser.deviation[1:]).to(out.device)[None, :, None]
    difference = (out[:, 1 : acoustic.CEPSTRUM] - batch.cepstrum[:, 1:]) * scale
    per_frame = (2 * (difference**2).sum(1)).sqrt() * batch.mask
    return float(per_frame.sum() / batch.mask.sum() * 10 / math.log(10))


def train(
    speakers: Sequence[Sequence[Reading]],
    held_back: Sequence[Sequence[Reading]],
    schedule: Schedule,
    report: Callable[[str], None],
    start: tuple[acoustic.AcousticNet, Normaliser] | None = None,
    checkpoint: Path | None = None,
    synthetic: Sequence[Sequence[Reading]] = (),
    *,
    config: acoustic.AcousticConfig | None = None,
    device: str = "cpu",
) -> tuple[acoustic.AcousticNet, Normaliser]:
    """Train a network of ``config`` from nothing, or on from ``start``; ``held_back`` speakers are only listened to.

    ``synthetic`` speakers are learned from, but do not say what people are like: no part of the normaliser comes from them.

    Gives the running average at the end. Held-back distortion is least long before words are said most clearly (see the notes), so
    it is reported and chooses nothing. The state is kept in ``checkpoint`` now and then, and taken up from there; a run cut off ends with the same weights.
    """
    torch.manual_seed(schedule.seed)
    normaliser = start[1] if start else normaliser_of(speakers)
    heard = [*speakers, *synthetic]
    sampler = Sampler(heard, normaliser, draw_weights(heard))
    place = torch.device(device)
    check = _on(Sampler(held_back, normaliser).draw(np.random.default_rng(1), 16, 500, augment=False), place)
    net = (copy.deepcopy(start[0]).requires_grad_() if start else acoustic.AcousticNet(config)).to(place)
    average = RunningAverage(net)
    optimiser = torch.optim.AdamW(net.parameters(), schedule.rate, betas=(0.9, 0.98), weight_decay=1e-4)
    started = time.monotonic()
    begin = 0
    if checkpoint and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True, map_location=place)
        begin = state["step"]
        for network, name in ((net, "net"), (average.net, "average")):
            network.load_state_dict(state[name])
        average.skip(begin)
        optimiser.load_state_dict(state["optimiser"])
    steps = range(begin, schedule.steps)
    batches: DataLoader[tuple[int, Batch]] = DataLoader(
        _Drawn(sampler, schedule), batch_size=None, sampler=steps, num_workers=schedule.workers
    )
    for step, (dropout, drawn) in zip(steps, batches, strict=True):
        torch.manual_seed(dropout)
        cosine = 0.5 + 0.5 * math.cos(math.pi * step / schedule.steps)
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate * min(1.0, (step + 1) / 100) * cosine + 1e-6
        batch = _on(drawn, place)
        net.train()
        out = net(batch.phone, batch.stress, batch.frame_phone, batch.frames, batch.speaker)
        value = acoustic.loss(out, batch.cepstrum, batch.aperiodicity, batch.voiced, batch.mask)
        optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        average.update(net)
        if (step + 1) % schedule.check_every == 0:
            distortion = mel_cepstral_distortion(average.net, check, normaliser)
            seconds = time.monotonic() - started
            report(
                f"acoustic {step + 1}/{schedule.steps} loss {value.item():.3f} held-back {distortion:.2f} dB {seconds:.0f} s"
            )
            if checkpoint:
                state = {"net": net.state_dict(), "average": average.net.state_dict(), "step": step + 1}
                state |= {"optimiser": optimiser.state_dict()}
                partial = checkpoint.with_suffix(".part")
                torch.save(state, partial)
                partial.replace(checkpoint)
    return average.net.cpu(), normaliser
