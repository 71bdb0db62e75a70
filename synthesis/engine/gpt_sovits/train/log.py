"""What happened in a training so far; goes into each snapshot and comes back from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Log:
    """Losses by epoch, and what was heard after each.

    Args:
        started: what the training was started with; another start is another training.
    """

    def __init__(self, started: Mapping[str, Any]) -> None:
        self._started = dict(started)
        self._sums: list[tuple[float, int]] = []
        self._heard: list[float | None] = []

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Log:
        """From the facts of a snapshot."""
        log = cls(facts["started"])
        log._sums = [(float(total), int(count)) for total, count in facts["sums"]]
        log._heard = [None if loss is None else float(loss) for loss in facts["heard"]]
        return log

    def facts(self) -> dict[str, Any]:
        """For a snapshot."""
        return {"started": self._started, "sums": [list(pair) for pair in self._sums], "heard": self._heard}

    def note(self, epoch: int, loss: float) -> None:
        """Take down the loss of a step."""
        while len(self._sums) <= epoch:
            self._sums.append((0.0, 0))
        total, count = self._sums[epoch]
        self._sums[epoch] = (total + loss, count + 1)

    def hear(self, loss: float | None) -> bool:
        """Take down the held-out loss of an epoch (None where nothing is held out); whether its weights are to be kept."""
        before = [heard for heard in self._heard if heard is not None]
        self._heard.append(loss)
        return loss is None or not before or loss < min(before)

    @property
    def listened(self) -> int:
        """Epochs that ended."""
        return len(self._heard)

    @property
    def losses(self) -> tuple[float, ...]:
        """Mean loss of each epoch."""
        return tuple(total / count for total, count in self._sums if count)

    @property
    def held_out(self) -> tuple[float, ...]:
        """Held-out loss after each epoch."""
        return tuple(heard for heard in self._heard if heard is not None)

    def patience_is_out(self, patience: int) -> bool:
        """Whether the best held-out loss is ``patience`` epochs old; never for 0."""
        heard = self.held_out
        return bool(patience and heard and len(heard) - 1 - heard.index(min(heard)) >= patience)
