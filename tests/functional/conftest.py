"""A real ASGI server, and a stand-in for the worker, both inside the test process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import uvicorn
from django.core.asgi import get_asgi_application
from django.db import connection

from synthesis.models import SynthesisRequest
from tests.functional.driver import release, window
from vivavoce.api.body_limit import BodyLimit
from vivavoce.api.lanes import Lanes

SOUND = b"RIFF" + bytes(range(256)) * 400


@dataclass
class Worker:
    """Releases what is accepted, on a thread of its own.

    Attributes:
        sound: the bytes of each clip.
        hold: while set, nothing is released.
        pieces: how a stream is cut; ``between`` is called before each piece after the first.
    """

    sound: bytes = SOUND
    hold: threading.Event = field(default_factory=threading.Event)
    pieces: int = 4
    between: Callable[[int], None] = lambda index: None

    def run(self, stop: threading.Event) -> None:
        """Until told to stop."""
        try:
            while not stop.wait(0.02):
                if self.hold.is_set():
                    continue
                for row in SynthesisRequest.objects.filter(state="accepted"):
                    if row.stream:
                        self._stream(row)
                    release(row.pk, self.sound)
        finally:
            connection.close()

    def _stream(self, row: SynthesisRequest) -> None:
        size = -(-len(self.sound) // self.pieces)
        for index in range(self.pieces):
            if index:
                self.between(index)
            window(row, index, self.sound[index * size : (index + 1) * size], last=index == self.pieces - 1)


@pytest.fixture
def worker(transactional_db: None) -> Iterator[Worker]:
    """The stand-in, running."""
    made = Worker()
    stop = threading.Event()
    thread = threading.Thread(target=made.run, args=(stop,), daemon=True)
    thread.start()
    yield made
    stop.set()
    thread.join(10)


@pytest.fixture
def server(transactional_db: None) -> Iterator[str]:
    """The address of the web process as it is deployed: uvicorn over the ASGI application."""
    listening = socket.create_server(("127.0.0.1", 0))
    lanes = Lanes(get_asgi_application())  # type: ignore[arg-type]
    config = uvicorn.Config(BodyLimit(lanes), lifespan="off", log_level="error", ws="none")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    running.should_exit = True
    thread.join(10)
    lanes.close()
    listening.close()
