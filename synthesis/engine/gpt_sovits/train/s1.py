"""Fine-tuning the token model on one owner, from first step to stored weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Final

import numpy as np
import torch

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.train import loop
from synthesis.engine.gpt_sovits.train.loop import Outcome
from synthesis.engine.gpt_sovits.train.s1_training import Example, Settings, Training
from synthesis.engine.gpt_sovits.train.s2_training import drawn_seed
from synthesis.engine.gpt_sovits.weights import Weights
from synthesis.engine.protocol import Scratch

STAGE: Final = "t2s"


def finetune(
    base: Weights,
    examples: Sequence[Example],
    settings: Settings,
    scratch: Scratch,
    *,
    progress: Callable[[float, str], None],
    should_stop: Callable[[], bool],
    device: torch.device | str = "cpu",
) -> Outcome:
    """Fine-tune, or go on with a fine-tuning that ``scratch`` holds a snapshot of.

    Args:
        base: weights to start from.
        examples: what to learn from, see ``preparation.prepare``.
        settings: see ``Settings``.
        scratch: for snapshots, the last of which says that it ended; ``loop.forget`` drops them.
        progress: as in ``Engine.prepare_voice``, as is ``should_stop``.
        device: where to train.

    Raises:
        EngineError: ``too_little_speech``, ``training_diverged``.
        CheckpointError: when the weights will not do.
        Cancelled: when ``should_stop`` answered true; a snapshot is left behind.
    """
    learned, heard = split(examples, settings)
    training = Training(base, settings, device)
    sizes = [[len(one.phones), len(one.tokens)] for one in examples]
    return loop.run(
        training,
        [steps_of(learned, settings, epoch) for epoch in range(settings.epochs)],
        learn=lambda step, _epoch: training.learn([[learned[index] for index in batch] for batch in step]),
        listen=lambda: training.listen(heard) if heard else None,
        weights=lambda: {f"model.{name}": value for name, value in training.model.state_dict().items()},
        base=base,
        started={"base": base.sha256, "settings": asdict(settings), "examples": sizes},
        settings=settings,
        scratch=scratch,
        name=STAGE,
        progress=progress,
        should_stop=should_stop,
    )


def split(examples: Sequence[Example], settings: Settings) -> tuple[list[Example], list[Example]]:
    """Examples to learn from, and examples to listen to.

    Raises:
        EngineError: ``too_little_speech`` when there is none.
    """
    whole = [one for one in examples if len(one.phones) and len(one.tokens)]
    if not whole:
        raise EngineError("too_little_speech", "No recording is long enough to learn from.")
    count = len(whole) // settings.held_out if settings.held_out else 0
    chosen = set(np.random.default_rng(drawn_seed(settings.seed, 12)).permutation(len(whole))[:count].tolist())
    return [e for i, e in enumerate(whole) if i not in chosen], [e for i, e in enumerate(whole) if i in chosen]


def steps_of(examples: Sequence[Example], settings: Settings, epoch: int) -> list[list[list[int]]]:
    """Order of an epoch: numbers of examples by batch, batches by step; neighbours in length share a batch, so that little
    is spent on padding."""
    rng = np.random.default_rng(drawn_seed(settings.seed, 13, epoch))
    sizes = np.array([len(one.phones) + len(one.tokens) for one in examples])
    # Random among equals and near equals, so that batches differ from epoch to epoch.
    order = np.argsort(sizes * rng.uniform(0.8, 1.25, len(sizes)), kind="stable")
    batches: list[list[int]] = []
    for index in order.tolist():
        longest = max(int(sizes[other]) for other in [*(batches[-1] if batches else []), index])
        fits = batches and longest * (len(batches[-1]) + 1) <= settings.max_batch_positions
        if fits and len(batches[-1]) < settings.batch:
            batches[-1].append(index)
        else:
            batches.append([index])
    mixed = [batches[number] for number in rng.permutation(len(batches))]
    return [mixed[at : at + settings.accumulate] for at in range(0, len(mixed), settings.accumulate)]
