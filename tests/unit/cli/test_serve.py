"""``vivavoce up`` as a process: it comes up, serves, and goes down whole."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from vivavoce.cli import serve

ROOT = Path(__file__).resolve().parents[3]


def start(home: Path, port: int) -> subprocess.Popen[bytes]:
    """As a person would, in a folder of its own."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("VIVAVOCE_")},
        "VIVAVOCE_HOME": str(home),
        "PYTHONPATH": f"{ROOT / 'platform'}{os.pathsep}{ROOT}",
    }
    with (home / "up.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "vivavoce.cli", "up", "--port", str(port), "--concurrency", "1"],
            env=environment,
            cwd=home,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def test_up_serves_from_an_empty_folder_and_leaves_no_process_behind(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = start(tmp_path, port)
    try:
        until = time.monotonic() + 90
        while time.monotonic() < until:
            assert process.poll() is None, (tmp_path / "up.log").read_text()
            try:
                if httpx.get(f"http://127.0.0.1:{port}/v1/readyz", timeout=5).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.3)
        assert httpx.get(f"http://127.0.0.1:{port}/v1/openapi.json", timeout=20).status_code == 200
        assert f"http://127.0.0.1:{port}/" in (tmp_path / "up.log").read_text()
        assert (tmp_path / "c2pa" / "chain.pem").exists()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        with_group_gone = _end_group(process.pid)
    assert with_group_gone, "a child outlived its parent"


def _end_group(group: int) -> bool:
    """Whether all of the group's processes end by themselves within five seconds of their parent; what is left is killed."""
    until = time.monotonic() + 5
    try:
        while time.monotonic() < until:
            os.killpg(group, 0)
            time.sleep(0.1)
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return True
    return False


def test_a_child_that_ends_by_itself_ends_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    short = subprocess.Popen([sys.executable, "-c", ""])
    long = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    try:
        assert serve._watch({"short": short, "long": long}) == "short"
        assert long.poll() is not None
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])


def test_a_child_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "_STOP_SECONDS", 0.3)
    deaf = "import signal, time\nfor s in (signal.SIGTERM, signal.SIGQUIT): signal.signal(s, signal.SIG_IGN)\nprint('x', flush=True)\ntime.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.read(1)
    serve._end([child])
    child.stdout.close()
    assert child.poll() == -signal.SIGKILL
