"""Fine-tuning the second stage on one owner, from first step to stored weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Final

import numpy as np
import torch

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.sovits.config import HOP, SAMPLE_RATE
from synthesis.engine.gpt_sovits.train import loop
from synthesis.engine.gpt_sovits.train.loop import Outcome
from synthesis.engine.gpt_sovits.train.preparation import Clip
from synthesis.engine.gpt_sovits.train.s2_loss import SEGMENT_FRAMES
from synthesis.engine.gpt_sovits.train.s2_training import Settings, Training, drawn_seed
from synthesis.engine.gpt_sovits.weights import Weights
from synthesis.engine.protocol import Scratch

STAGE: Final = "sovits"
_EPOCH_CLIPS: Final = 100  # an epoch is at least so many, whatever the owner recorded


def finetune(
    base: Weights,
    judge: Weights | None,
    clips: Sequence[Clip],
    settings: Settings,
    scratch: Scratch,
    *,
    progress: Callable[[float, str], None],
    should_stop: Callable[[], bool],
    device: torch.device | str = "cpu",
) -> Outcome:
    """Fine-tune, or go on with a fine-tuning that ``scratch`` holds a snapshot of.

    Args:
        base: weights to start from, posterior encoder included.
        judge: discriminators to start from; None for fresh ones, which need more steps.
        clips: what to learn from, see ``preparation.prepare``.
        settings: see ``Settings``.
        scratch: for snapshots, the last of which says that it ended; ``loop.forget`` drops them.
        progress: as in ``Engine.prepare_voice``, as is ``should_stop``.
        device: where to train.

    Raises:
        EngineError: ``too_little_speech``, ``training_diverged``.
        CheckpointError: when the weights will not do.
        Cancelled: when ``should_stop`` answered true; a snapshot is left behind.
    """
    learned, heard = split(clips, settings)
    training = Training(base, judge, settings, device)
    return loop.run(
        training,
        [batches(learned, settings, epoch) for epoch in range(settings.epochs)],
        learn=lambda members, epoch: training.learn([learned[index] for index in members], epoch),
        listen=lambda: training.listen(heard) if heard else None,
        weights=training.model.state_dict,  # with the posterior encoder, to go on from
        base=base,
        started={"base": base.sha256, "settings": asdict(settings), "clips": [clip.frames for clip in clips]},
        settings=settings,
        scratch=scratch,
        name=STAGE,
        progress=progress,
        should_stop=should_stop,
    )


def split(clips: Sequence[Clip], settings: Settings) -> tuple[list[Clip], list[Clip]]:
    """Clips to learn from, and clips to listen to.

    Raises:
        EngineError: ``too_little_speech`` when no clip is as long as a training segment.
    """
    long = [clip for clip in clips if clip.frames >= SEGMENT_FRAMES]
    if not long:
        raise EngineError("too_little_speech", "No recording is long enough to learn from.")
    count = len(long) // settings.held_out if settings.held_out else 0
    chosen = set(np.random.default_rng(drawn_seed(settings.seed, 2)).permutation(len(long))[:count].tolist())
    return [c for i, c in enumerate(long) if i not in chosen], [c for i, c in enumerate(long) if i in chosen]


def batches(clips: Sequence[Clip], settings: Settings, epoch: int) -> list[list[int]]:
    """Order of an epoch: numbers of clips by batch, each within the bound on seconds."""
    repeats = max(1, round(_EPOCH_CLIPS / len(clips)))
    order = np.random.default_rng(drawn_seed(settings.seed, 3, epoch)).permutation(repeats * len(clips)) % len(clips)
    most = settings.max_batch_seconds * SAMPLE_RATE / HOP
    made: list[list[int]] = []
    for index in order.tolist():
        longest = max([clips[other].frames for other in (made[-1] if made else [])] + [clips[index].frames])
        if made and len(made[-1]) < settings.batch and longest * (len(made[-1]) + 1) <= most:
            made[-1].append(index)
        else:
            made.append([index])
    return made
