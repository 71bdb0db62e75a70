"""Training of the prosody network."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from synthesis.engine.parametric import style as styles
from synthesis.engine.parametric.prosody import ProsodyNet
from synthesis.engine.parametric.reading import Reading
from synthesis.engine.parametric.style import Floats
from synthesis.engine.parametric.train.averaging import RunningAverage


class Example(NamedTuple):
    """One reading: network inputs and targets, ``[P, …]``."""

    phone: Tensor
    context: Tensor
    style: Tensor
    duration: Tensor
    f0: Tensor
    f0_weight: Tensor
    silent: Tensor


def examples(speakers: Sequence[Sequence[Reading]], usual: Floats) -> list[list[Example]]:
    """Examples of each speaker; durations are relative to the phone's usual one and to the speaker's rate."""
    found = []
    for readings in speakers:
        style = styles.measure(readings, usual)
        made = []
        for reading in readings:
            f0, weight = styles.f0_thirds(reading, style)
            duration = styles.log_durations(reading) - usual[reading.track.phone]
            duration = np.where(reading.track.silent, duration, duration - style.rate)
            # The first and the last silence are the recording's, not the speaker's.
            silent = reading.track.silent.astype(np.float32)
            silent[0] = silent[-1] = 2.0
            arrays = (reading.track.context, style.vector(), duration.astype(np.float32), f0, weight, silent)
            made.append(Example(torch.from_numpy(reading.track.phone), *(torch.from_numpy(a) for a in arrays)))
        found.append(made)
    return found


def collate(batch: Sequence[Example]) -> tuple[Example, Tensor]:
    """Pad to the longest; the mask is 1 where a phone counts."""
    lengths = torch.tensor([len(example.phone) for example in batch])
    padded = [
        torch.stack([example.style for example in batch])
        if name == "style"
        else torch.nn.utils.rnn.pad_sequence([getattr(example, name) for example in batch], batch_first=True)
        for name in Example._fields
    ]
    mask = (torch.arange(int(lengths.max()))[None] < lengths[:, None]).float()
    return Example(*padded), mask


def losses(net: ProsodyNet, batch: Example, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Mean absolute error of log durations and of F0 in deviations, with its slopes."""
    out = net(batch.phone, batch.context, batch.style, mask)
    counted = mask * (batch.silent < 2)
    duration = ((out[..., 0] - batch.duration).abs() * counted).sum() / counted.sum()
    weight = batch.f0_weight * (mask * (batch.silent == 0))[..., None]
    contour, target = out[..., 1:].flatten(1), batch.f0.flatten(1)
    flat = weight.flatten(1)
    level = ((contour - target).abs() * flat).sum() / flat.sum()
    both = flat[:, 1:] * flat[:, :-1]
    slope = (contour.diff(dim=1) - target.diff(dim=1)).abs()
    return duration, level + (slope * both).sum() / both.sum().clamp(min=1)


def train(
    speakers: Sequence[Sequence[Reading]],
    held_back: Sequence[Sequence[Reading]],
    steps: int,
    report: Callable[[str], None],
    *,
    seed: int = 0,
    start: tuple[ProsodyNet, Floats] | None = None,
) -> tuple[ProsodyNet, Floats]:
    """Train from nothing, or on from ``start``; returns the state that was best on ``held_back`` and the usual
    log durations.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    everything = [reading for readings in speakers for reading in readings]
    usual = start[1] if start else styles.usual_log_durations(everything)
    table = examples(speakers, usual)
    share = np.sqrt([sum(len(example.phone) for example in made) for made in table])
    share /= share.sum()
    check, check_mask = collate([example for made in examples(held_back, usual) for example in made][:64])
    net = copy.deepcopy(start[0]).requires_grad_() if start else ProsodyNet()
    average = RunningAverage(net)
    optimiser = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=1e-2)
    started = time.monotonic()
    best, best_loss = copy.deepcopy(average.net), math.inf
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * min(1.0, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * step / steps)) + 1e-6
        chosen = [table[speaker] for speaker in rng.choice(len(table), 16, p=share)]
        batch, mask = collate([made[rng.integers(len(made))] for made in chosen])
        net.train()
        duration, f0 = losses(net, batch, mask)
        optimiser.zero_grad()
        (duration + 0.5 * f0).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        average.update(net)
        if (step + 1) % 100 == 0:
            with torch.inference_mode():
                held, held_f0 = losses(average.net, check, check_mask)
            if float(held + 0.5 * held_f0) < best_loss:
                best, best_loss = copy.deepcopy(average.net), float(held + 0.5 * held_f0)
            seconds = time.monotonic() - started
            report(
                f"prosody {step + 1}/{steps} duration {duration.item():.3f} f0 {f0.item():.3f}"
                f" held-back {held.item():.3f} {held_f0.item():.3f} {seconds:.0f} s"
            )
    return best, usual
