"""Fine-tuning the second stage on one owner, from first step to stored weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from synthesis.engine.errors import Cancelled, EngineError
from synthesis.engine.gpt_sovits.checkpoints.store import Manifest, keep, load_stored
from synthesis.engine.gpt_sovits.loading import Weights
from synthesis.engine.gpt_sovits.sovits.config import HOP, SAMPLE_RATE
from synthesis.engine.gpt_sovits.sovits.model import SoVITS
from synthesis.engine.gpt_sovits.train import snapshots
from synthesis.engine.gpt_sovits.train.log import Log
from synthesis.engine.gpt_sovits.train.preparation import Clip
from synthesis.engine.gpt_sovits.train.s2_loss import SEGMENT_FRAMES
from synthesis.engine.gpt_sovits.train.s2_training import Settings, Training, drawn_seed
from synthesis.engine.gpt_sovits.train.snapshots import Snapshot

_EPOCH_CLIPS: Final = 100  # an epoch is at least so many, whatever the owner recorded
_MODEL: Final = "model"


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        folder: where the weights are; ``manifest`` what it says of itself.
        steps: made in all.
        losses: mean of the generator's loss in each epoch.
        held_out: held-out loss after each epoch; empty when nothing was held out.
        stopped_early: whether patience ran out.
    """

    folder: Path
    manifest: Manifest
    steps: int
    losses: tuple[float, ...]
    held_out: tuple[float, ...]
    stopped_early: bool


def finetune(
    base: Weights,
    judge: Weights | None,
    clips: Sequence[Clip],
    settings: Settings,
    folder: Path,
    *,
    progress: Callable[[float, str], None],
    should_stop: Callable[[], bool],
    device: torch.device | str = "cpu",
) -> Outcome:
    """Fine-tune, or go on with a fine-tuning that ``folder`` holds a snapshot of.

    Args:
        base: weights to start from, posterior encoder included.
        judge: discriminators to start from; None for fresh ones, which need more steps.
        clips: what to learn from, see ``preparation.prepare``.
        settings: see ``Settings``.
        folder: the result goes to ``folder/model`` in our own form; snapshots lie in ``folder`` until then.
        progress: as in ``Engine.prepare_voice``, as is ``should_stop``.
        device: where to train.

    Raises:
        EngineError: ``too_little_speech``, ``training_diverged``.
        CheckpointError: when the weights will not do.
        Cancelled: when ``should_stop`` answered true; a snapshot is left behind.
    """
    learned, heard = split(clips, settings)
    training = Training(base, judge, settings, device)
    started = {"base": base.sha256, "settings": asdict(settings), "clips": [clip.frames for clip in clips]}
    log, found = Log(started), snapshots.load(folder)
    if found is not None and found.facts["started"] == started:
        training.restore(found)
        log = Log.read(found.facts)
    epochs = [batches(learned, settings, epoch) for epoch in range(settings.epochs)]
    planned = sum(len(epoch) for epoch in epochs)
    total = min(planned, settings.max_steps) if settings.max_steps else planned

    def snapshot() -> None:
        snapshots.save(folder, Snapshot(training.tensors(), {"step": training.step, **log.facts()}))

    begun = 0
    for epoch, order in enumerate(epochs):
        ended = min(begun + len(order), total)
        for members in order[max(0, training.step - begun) : max(0, ended - begun)]:
            if should_stop():
                snapshot()
                raise Cancelled
            log.note(epoch, training.learn([learned[index] for index in members], epoch))
            progress(training.step / total, f"Step {training.step} of {total}")
            if training.step % settings.snapshot_steps == 0:
                snapshot()
        begun += len(order)
        if log.listened <= epoch:
            if log.hear(training.listen(heard) if heard else None):
                _store(folder, training.model, base)
            snapshot()
        if ended == total or log.patience_is_out(settings.patience):
            break
    snapshots.drop(folder)
    early = training.step < total
    return Outcome(
        folder / _MODEL, load_stored(folder / _MODEL).manifest, training.step, log.losses, log.held_out, early
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


def _store(folder: Path, model: SoVITS, base: Weights) -> None:
    """In our own form, half precision as upstream's trainer does; the posterior encoder stays, to go on from."""
    tensors = {name: tensor.detach().cpu().numpy() for name, tensor in model.state_dict().items()}
    halves = {name: array.astype(np.float16) if array.dtype == np.float32 else array for name, array in tensors.items()}
    keep(folder / _MODEL, halves, kind=base.kind, config=base.config, info="fine-tuned", source_sha256=base.sha256)
