"""A worker process that stops in the middle of its work and waits there to be killed.

Run as ``python -m tests.fakes.doomed_worker train|render|egress|stream``; it prints ``here`` where it stops. The environment names the
database, as for any worker.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
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


def _register(factory: Callable[[], object]) -> None:
    from synthesis.engine import registry

    registry.register("sine", factory)  # type: ignore[arg-type]  # an Engine by structure


if __name__ == "__main__":
    django.setup()
    # Nobody listens: the rows are all that the next worker needs.
    jobs = importlib.import_module("voices.jobs")
    jobs._send = lambda task, job_id: None
    {"train": train, "render": render, "egress": egress, "stream": stream}[sys.argv[1]]()
