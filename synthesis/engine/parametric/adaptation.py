"""Tuning the acoustic network to one owner: a minute of readings, a few hundred steps, low-rank adapters only.

While the owner is learned, other voices are rehearsed: the base network's own output for made-up speakers is kept as a
second target (Li & Hoiem 2016, "Learning without forgetting"), so that nothing of the training corpus travels with the
product and intelligibility stays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from synthesis.engine.errors import Cancelled
from synthesis.engine.parametric import acoustic, adapters
from synthesis.engine.parametric.base import BaseModel
from synthesis.engine.parametric.batches import Batch, Sampler
from synthesis.engine.parametric.descent import AdamW
from synthesis.engine.parametric.reading import Reading


@dataclass(frozen=True)
class Tuning:
    """How an owner is learned.

    Attributes:
        steps: optimiser steps at most.
        rate: peak learning rate of the adapters.
        rehearsal: weight of the base network's own output for other speakers.
        windows: of the owner in each step.
        length: frames of a window.
        at_once: windows whose activations are held together; the gradient is the same for any.
        check_every: steps between looks at the held-back takes.
    """

    steps: int = 200
    rate: float = 4e-3
    rehearsal: float = 0.5
    windows: int = 6
    length: int = 200
    at_once: int = 3
    check_every: int = 25


def tune(
    base: BaseModel,
    readings: Sequence[Reading],
    held_back: Sequence[Reading],
    tuning: Tuning,
    *,
    seed: int,
    progress: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> dict[str, NDArray[Any]]:
    """Adapter arrays of the best state on ``held_back`` (of the last state when there is none).

    Raises:
        Cancelled: when ``should_stop`` answers true between steps.
    """
    net = adapters.attach(base.acoustic, seed)
    sampler = Sampler([readings], base.normaliser)
    check = Sampler([held_back], base.normaliser) if held_back else None
    rng = np.random.default_rng(seed)
    optimiser = AdamW(adapters.parameters(net), weight_decay=1e-2)
    best, best_loss = adapters.export(net), math.inf
    # Dropout draws from torch's generator; the caller's state is given back.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for step in range(tuning.steps):
            if should_stop():
                raise Cancelled
            warm_up, cosine = min(1.0, (step + 1) / 20), 0.5 + 0.5 * math.cos(math.pi * step / tuning.steps)
            batch = sampler.draw(rng, tuning.windows, tuning.length, augment=False)
            net.train()
            backward(net, batch, tuning.at_once)
            if tuning.rehearsal:
                backward(net, _rehearsal(base, batch, rng), tuning.at_once, tuning.rehearsal)
            torch.nn.utils.clip_grad_norm_(adapters.parameters(net), 1.0)
            optimiser.step(tuning.rate * warm_up * cosine + 1e-6)
            last = step + 1 == tuning.steps
            if last or (step + 1) % tuning.check_every == 0:
                progress((step + 1) / tuning.steps)
                measured = _held_back_loss(net, check) if check else -float(step)
                if measured < best_loss:
                    best, best_loss = adapters.export(net), measured
    return best


def backward(net: acoustic.AcousticNet, batch: Batch, at_once: int, weight: float = 1.0) -> None:
    """Add the gradients of ``weight`` times the loss on ``batch``, ``at_once`` windows after the others.

    What a worker holds at most are the activations of these.
    """
    total = batch.mask.sum() / weight
    for first in range(0, len(batch.mask), at_once):
        part = Batch(*(tensor[first : first + at_once] for tensor in batch))
        (part.mask.sum() / total * _loss(net, part)).backward()  # type: ignore[no-untyped-call]


def _loss(net: acoustic.AcousticNet, batch: Batch) -> torch.Tensor:
    out = net(batch.phone, batch.stress, batch.frame_phone, batch.frames, batch.speaker)
    return acoustic.loss(out, batch.cepstrum, batch.aperiodicity, batch.voiced, batch.mask)


def _held_back_loss(net: acoustic.AcousticNet, check: Sampler) -> float:
    batch = check.draw(np.random.default_rng(0), 6, 400, augment=False)
    net.eval()
    with torch.inference_mode():
        return float(_loss(net, batch))


def _rehearsal(base: BaseModel, batch: Batch, rng: np.random.Generator) -> Batch:
    """The owner's phones as made-up speakers would say them, by the base network."""
    some = Batch(*(tensor[:3] for tensor in batch))
    axes = base.speaker_axes
    made_up = rng.standard_normal((len(some.phone), len(axes))).astype(np.float32) @ axes
    speaker = torch.from_numpy(made_up)
    with torch.no_grad():
        wanted = base.acoustic(some.phone, some.stress, some.frame_phone, some.frames, speaker)
    return some._replace(
        speaker=speaker,
        cepstrum=wanted[:, : acoustic.CEPSTRUM],
        aperiodicity=wanted[:, acoustic.CEPSTRUM],
        voiced=torch.sigmoid(wanted[:, acoustic.CEPSTRUM + 1]),
    )
