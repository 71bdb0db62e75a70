"""The course of a fine-tuning: epochs of steps, snapshots to go on from, patience, and what came of it.

What a step is, and what is listened to, each stage says for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from torch import Tensor

from synthesis.engine.errors import Cancelled
from synthesis.engine.gpt_sovits.checkpoints.store import Manifest, load_stored
from synthesis.engine.gpt_sovits.train import snapshots
from synthesis.engine.gpt_sovits.train.log import Log
from synthesis.engine.gpt_sovits.train.snapshots import Snapshot

MODEL: Final = "model"
Step = TypeVar("Step")


class Trainee(Protocol):
    """What is being trained."""

    @property
    def step(self) -> int:
        """Steps made in all."""

    def tensors(self) -> dict[str, Tensor]:
        """All that a snapshot needs."""

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot."""


class Course(Protocol):
    """The settings that the course itself looks at; see the stages' ``Settings``."""

    @property
    def snapshot_steps(self) -> int:
        """Steps between snapshots."""

    @property
    def patience(self) -> int:
        """Epochs without a better held-out loss before it ends early; 0 for never."""

    @property
    def max_steps(self) -> int:
        """At most so many; 0 for no limit."""


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        folder: where the weights are; ``manifest`` what it says of itself.
        steps: made in all.
        losses: mean loss of each epoch.
        held_out: held-out loss after each epoch; empty when nothing was held out.
        stopped_early: whether patience ran out.
    """

    folder: Path
    manifest: Manifest
    steps: int
    losses: tuple[float, ...]
    held_out: tuple[float, ...]
    stopped_early: bool


def run(
    training: Trainee,
    epochs: Sequence[Sequence[Step]],
    *,
    learn: Callable[[Step, int], float],
    listen: Callable[[], float | None],
    store: Callable[[], None],
    started: Mapping[str, Any],
    settings: Course,
    folder: Path,
    progress: Callable[[float, str], None],
    should_stop: Callable[[], bool],
) -> Outcome:
    """Train to the end, or go on where a snapshot in ``folder`` stopped.

    Args:
        training: what is trained.
        epochs: the steps of each epoch, in order; the same each time for the same start.
        learn: makes a step of an epoch; its loss.
        listen: the held-out loss; None where nothing is held out.
        store: puts the weights as they are to ``folder/model``; called after each epoch that is the best so far.
        started: what the training was started with; the snapshot of another start is not gone on from.
        settings: see ``Course``.
        folder: for snapshots, and the result.
        progress: as in ``Engine.prepare_voice``, as is ``should_stop``.

    Raises:
        Cancelled: when ``should_stop`` answered true; a snapshot is left behind.
    """
    log, found = Log(started), snapshots.load(folder)
    if found is not None and found.facts["started"] == started:
        training.restore(found)
        log = Log.read(found.facts)
    planned = sum(len(epoch) for epoch in epochs)
    total = min(planned, settings.max_steps) if settings.max_steps else planned

    def snapshot() -> None:
        snapshots.save(folder, Snapshot(training.tensors(), {"step": training.step, **log.facts()}))

    begun = 0
    for epoch, steps in enumerate(epochs):
        ended = min(begun + len(steps), total)
        for step in steps[max(0, training.step - begun) : max(0, ended - begun)]:
            if should_stop():
                snapshot()
                raise Cancelled
            log.note(epoch, learn(step, epoch))
            progress(training.step / total, f"Step {training.step} of {total}")
            if training.step % settings.snapshot_steps == 0:
                snapshot()
        begun += len(steps)
        if log.listened <= epoch:
            if log.hear(listen()):
                store()
            snapshot()
        if ended == total or log.patience_is_out(settings.patience):
            break
    snapshots.drop(folder)
    manifest = load_stored(folder / MODEL).manifest
    return Outcome(folder / MODEL, manifest, training.step, log.losses, log.held_out, training.step < total)
