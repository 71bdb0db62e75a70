"""``vivavoce up`` and ``vivavoce worker``."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from vivavoce.cli.output import Failed, Result

QUEUES = "analysis,train,render,egress"
_STOP_SECONDS = 15.0


def register(commands: Any) -> None:
    """Add the subcommands."""
    up_ = commands.add_parser("up", help="start the whole system on this machine")
    up_.add_argument("--host", default="127.0.0.1")
    up_.add_argument("--port", type=int, default=8000)
    up_.add_argument("--concurrency", type=int, default=2, help="worker processes")
    up_.set_defaults(run=up)
    worker_ = commands.add_parser("worker", help="start a worker")
    worker_.add_argument("--queues", default=QUEUES, help=f"comma-separated; {QUEUES} when left out")
    worker_.add_argument("--concurrency", type=int, default=1, help="processes")
    worker_.add_argument("--beat", action="store_true", help="also keep the schedule; in one worker of all")
    worker_.set_defaults(run=worker)


def up(options: argparse.Namespace) -> Result:
    """Migrate, make what a first start needs, then run web and worker until told to stop.

    (1) tables; (2) the embedded shape's certificate chain; (3) the sandbox's actor; (4) processes; (5) say what to open; (6) watch.
    """
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    _first_start()
    web = ["uvicorn", "vivavoce.asgi:application", "--host", options.host, "--port", str(options.port)]
    web += ["--lifespan", "off", "--no-server-header", "--log-level", "warning", "--timeout-graceful-shutdown", "10"]
    work = ["vivavoce.cli", "worker", "--beat", "--concurrency", str(options.concurrency)]
    children = {"web": _start(web), "worker": _start(work)}
    address = f"http://{options.host}:{options.port}"
    _say(
        f"Vivavoce is starting, with all it keeps in {settings.HOME}.",
        f"  console      {address}/",
        f"  API          {address}/v1/docs   ({address}/v1/openapi.json)",
        "  a first key  vivavoce organisations create NAME; vivavoce keys create --organisation ID --world sandbox --scopes synthesis,clips,voices",
        "Stop with Ctrl-C.",
    )
    stopped = _watch(children)
    if stopped is not None:
        raise Failed(f"the {stopped} process ended by itself; its last lines are above")
    return Result({}, [])


def _first_start() -> None:
    from django.conf import settings

    from audiokit.clock import now
    from safeguards.provenance import ClaimSigner
    from voices.services import actor_ensure

    if settings.EMBEDDED:
        chain, key = Path(settings.VIVAVOCE_C2PA_CHAIN), Path(settings.VIVAVOCE_C2PA_KEY)
        ClaimSigner.ensure_local(chain, key, issuer="Vivavoce (this machine)", now=now())
    actor_ensure()


def _start(module: Sequence[str]) -> subprocess.Popen[bytes]:
    # One torch thread per process is faster than several that share busy cores.
    environment = {"OMP_NUM_THREADS": "1", **os.environ}
    return subprocess.Popen([sys.executable, "-m", *module], env=environment)  # noqa: S603 -- our own programs


class _Stop(Exception):
    """A signal asked us to end."""


def _watch(children: dict[str, subprocess.Popen[bytes]]) -> str | None:
    """Until a signal (None) or until a child ends by itself (its name). All children are gone when this returns."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _Stop

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        while True:
            for name, child in children.items():
                if child.poll() is not None:
                    return name
            time.sleep(0.3)
    except _Stop:
        return None
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        _end(list(children.values()))


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    """Ask, wait, then insist. A job that is cut off keeps its row: its lease runs out and it is done again."""
    for child in children:
        child.terminate()
    until = time.monotonic() + _STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGQUIT)
            try:
                child.wait(3)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def worker(options: argparse.Namespace) -> Result:
    """A Celery worker on the named queues."""
    from django.conf import settings

    from vivavoce.celery import app

    known = set(QUEUES.split(","))
    queues = [name.strip() for name in options.queues.split(",") if name.strip()]
    if not queues or not set(queues) <= known:
        raise Failed(f"--queues takes some of {QUEUES}")
    arguments = [
        "worker",
        "--queues",
        ",".join(queues),
        "--concurrency",
        str(options.concurrency),
        "--loglevel",
        "warning",
    ]
    arguments += ["--without-gossip", "--without-mingle", "--hostname", f"{'-'.join(queues)}-{os.getpid()}@%h"]
    if options.beat:
        arguments += ["--beat", "--schedule", str(settings.HOME / "beat-schedule")]
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    app.worker_main(arguments)
    return Result({}, [])


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
