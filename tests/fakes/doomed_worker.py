"""A worker process that stops in the middle of its work and waits there to be killed.

Run as ``python -m tests.fakes.doomed_worker train|fine_tune_sovits|fine_tune_t2s|render|egress|stream``; it prints ``here`` where it
stops. The environment names the database, as for any worker.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import django


def wait_for_the_end() -> None:
    """Say so, and never come back."""
    sys.stdout.write("here\n")
    sys.stdout.flush()
    time.sleep(600)


def train() -> None:
    """Stops between two steps of the engine."""
    from synthesis.training import train_waiting
    from tests.fakes.engine import SineEngine

    def engine() -> SineEngine:
        made = SineEngine()
        made.on_step = wait_for_the_end
        return made

    _register(engine)
    train_waiting()


def fine_tune(stage: str) -> None:
    """Stops when something to go on from was kept twice in a stage of a fine-tuning, and training had gone on."""
    from synthesis.training import train_waiting, worker
    from synthesis.training.scratch import SealedScratch
    from tests.fakes.tiny_sovits import ENGINE, load_engine

    saved = 0

    class Scratch(SealedScratch):
        def save(self, name: str, parts: Iterable[bytes]) -> None:
            nonlocal saved
            if name == stage:
                saved += 1
                if saved == 3:
                    wait_for_the_end()
            super().save(name, parts)

    worker.SealedScratch = Scratch
    worker.settings.VIVAVOCE_GPT_SOVITS_TRAINING = "fine_tune"
    folder = Path(os.environ["VIVAVOCE_MODELS_DIR"])
    _register(lambda: load_engine(folder), ENGINE)
    train_waiting()


def render() -> None:
    """Stops inside the engine's batch."""
    from synthesis.render import render_waiting
    from tests.fakes.engine import SineEngine

    def engine() -> SineEngine:
        made = SineEngine()
        made.on_render = wait_for_the_end
        return made

    _register(engine)
    render_waiting()


def egress() -> None:
    """Stops at the worst moment: the clip's bytes are stored, and no row names them."""
    from synthesis import storage
    from synthesis.egress.worker import egress_waiting

    put = storage.put

    def put_and_wait(data_key_id: object, data: bytes) -> str:
        ref = put(data_key_id, data)
        wait_for_the_end()
        return ref

    storage.put = put_and_wait
    egress_waiting()


def stream() -> None:
    """Stops when the first window has left."""
    from synthesis.egress import streaming
    from synthesis.egress.worker import egress_waiting

    write = streaming.write_window

    def write_and_wait(*arguments: Any, **named: Any) -> None:
        write(*arguments, **named)
        wait_for_the_end()

    streaming.write_window = write_and_wait
    egress_waiting()


def _register(factory: Callable[[], object], name: str = "sine") -> None:
    from synthesis.engine import registry

    registry.register(name, factory)  # type: ignore[arg-type]  # an Engine by structure


if __name__ == "__main__":
    django.setup()
    # Nobody listens: the rows are all that the next worker needs.
    jobs = importlib.import_module("voices.jobs")
    jobs._send = lambda task, job_id: None
    kinds = {"train": train, "render": render, "egress": egress, "stream": stream}
    kinds |= {f"fine_tune_{stage}": partial(fine_tune, stage) for stage in ("sovits", "t2s")}
    kinds[sys.argv[1]]()
