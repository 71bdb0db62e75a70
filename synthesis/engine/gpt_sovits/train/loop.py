"""The course of a fine-tuning: epochs of steps, snapshots to go on from, patience, and what came of it.

What a step is, and what is listened to, each stage says for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from torch import Tensor

from synthesis.engine.errors import Cancelled
from synthesis.engine.gpt_sovits.train import snapshots
from synthesis.engine.gpt_sovits.train.log import Log
from synthesis.engine.gpt_sovits.train.snapshots import Snapshot
from synthesis.engine.gpt_sovits.weights import Weights, digest
from synthesis.engine.protocol import Scratch

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
        weights: the best, in half precision, by upstream's names.
        steps: made in all.
        losses: mean loss of each epoch.
        held_out: held-out loss after each epoch; empty when nothing was held out.
        stopped_early: whether patience ran out.
    """

    weights: Weights
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
    weights: Callable[[], Mapping[str, Tensor]],
    base: Weights,
    started: Mapping[str, Any],
    settings: Course,
    scratch: Scratch,
    name: str,
    progress: Callable[[float, str], None],
    should_stop: Callable[[], bool],
) -> Outcome:
    """Train to the end, or go on where a snapshot in ``scratch`` stopped; what is at its end already is only handed out.

    Two things are kept: ``NAME`` is the state to go on from, ``NAME.best`` the weights of the best epoch so far.

    Args:
        training: what is trained.
        epochs: the steps of each epoch, in order; the same each time for the same start.
        learn: makes a step of an epoch; its loss.
        listen: the held-out loss; None where nothing is held out.
        weights: the weights as they are, by upstream's names; asked after each epoch that is the best so far.
        base: what the training started from.
        started: all that it was started with; the snapshot of another start is not gone on from.
        settings: see ``Course``.
        scratch: for snapshots, under ``name``.
        progress: as in ``Engine.prepare_voice``, as is ``should_stop``.

    Raises:
        Cancelled: when ``should_stop`` answered true; a snapshot is left behind.
    """
    log, found = Log(started), snapshots.load(scratch, name)
    if found is not None and found.facts["started"] == started:
        log = Log.read(found.facts)
        if found.facts["ended"]:
            return _outcome(scratch, name, base, log, found.facts)
        training.restore(found)
    planned = sum(len(epoch) for epoch in epochs)
    total = min(planned, settings.max_steps) if settings.max_steps else planned

    def facts(*, ended: bool = False) -> dict[str, Any]:
        return {"step": training.step, "total": total, "ended": ended, **log.facts()}

    def snapshot() -> None:
        snapshots.save(scratch, name, Snapshot(training.tensors(), facts()))

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
                best = {key: _halved(tensor) for key, tensor in weights().items()}
                snapshots.save(scratch, f"{name}.best", Snapshot(best, {}))
            snapshot()
        if ended == total or log.patience_is_out(settings.patience):
            break
    snapshots.save(scratch, name, Snapshot({}, facts(ended=True)))
    return _outcome(scratch, name, base, log, facts(ended=True))


def forget(scratch: Scratch, name: str) -> None:
    """Drop what ``run`` kept under that name."""
    scratch.drop(name)
    scratch.drop(f"{name}.best")


def _outcome(scratch: Scratch, name: str, base: Weights, log: Log, facts: Mapping[str, Any]) -> Outcome:
    best = snapshots.load(scratch, f"{name}.best")
    if best is None:
        raise RuntimeError("a training that ended kept no weights")
    tensors = {key: tensor.numpy() for key, tensor in best.tensors.items()}
    weights = Weights(base.kind, tensors, base.config, digest(tensors))
    step = int(facts["step"])
    return Outcome(weights, step, log.losses, log.held_out, step < int(facts["total"]))


def _halved(tensor: Tensor) -> Tensor:
    """As upstream's trainer stores it; numbers that are no weights stay as they are."""
    return tensor.detach().half() if tensor.is_floating_point() else tensor.detach()
