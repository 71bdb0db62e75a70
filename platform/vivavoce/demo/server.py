"""Run ``vivavoce up`` as a person would, in a folder of its own, and stop it again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from vivavoce.demo.transcript import StoryFailedError

START_SECONDS = 240.0
STOP_SECONDS = 20.0


@dataclass(frozen=True)
class Server:
    """A running system: its address, its folder and the environment that reaches it from the command line."""

    url: str
    home: Path
    environment: Mapping[str, str]

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the ``vivavoce`` command against this system."""
        done = subprocess.run(  # noqa: S603 - our own program, arguments of our own
            [sys.executable, "-m", "vivavoce.cli", *arguments],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode != 0:
            raise StoryFailedError(
                f"vivavoce {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()[-800:]}"
            )
        return done


def free_port() -> int:
    """A port of the loopback address that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(home: Path, **settings: str) -> Iterator[Server]:
    """Start web and worker, wait until they answer, and stop them at the end.

    Raises:
        StoryFailedError: when they do not answer in time; the end of their log is in the message.
    """
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("VIVAVOCE_")},
        "VIVAVOCE_HOME": str(home),
        "VIVAVOCE_PUBLIC_URL": url,
        "OMP_NUM_THREADS": "1",
        **settings,
    }
    log = home / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "vivavoce.cli", "up", "--port", str(port)],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(process, url, log)
        yield Server(url, home, environment)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/v1/readyz", timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    raise StoryFailedError(
        f"the system did not come up; the end of its log:\n{log.read_text(errors='replace')[-3000:]}"
    )
