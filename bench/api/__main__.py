"""Run the bench, print the tables, write JSON.

One uvicorn process, no worker, rate limits out of the way; client and server share the machine. The voice is live, with consent and grant, so
that the gate has all of its work.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg

from bench.api.load import press

ROOT = Path(__file__).resolve().parents[2]
SERVER = os.environ.get("VIVAVOCE_BENCH_POSTGRES", "postgresql://root@127.0.0.1:5432/postgres")
CLIENTS = (1, 8)


def environment(home: Path, database: str) -> dict[str, str]:
    """A system of its own in ``home``."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("VIVAVOCE_")},
        "DJANGO_SETTINGS_MODULE": "vivavoce.settings",
        "PYTHONPATH": f"{ROOT / 'platform'}{os.pathsep}{ROOT}",
        "VIVAVOCE_HOME": str(home),
        "VIVAVOCE_DATABASE_URL": database,
        "VIVAVOCE_RATE_PER_MINUTE": "1000000000",
        "VIVAVOCE_LOG_LEVEL": "ERROR",
        "OMP_NUM_THREADS": "1",
    }


@contextmanager
def databases(home: Path) -> Iterator[dict[str, str]]:
    """Addresses of the databases that can be measured here: SQLite, and PostgreSQL where a server answers."""
    found = {"sqlite": f"sqlite://{home}/bench.sqlite3"}
    name = f"vivavoce_bench_{uuid.uuid4().hex[:12]}"
    try:
        server = psycopg.connect(SERVER, autocommit=True)
    except psycopg.OperationalError:
        sys.stderr.write("PostgreSQL does not answer: measured on SQLite only\n")
        yield found
        return
    with server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield {**found, "postgresql": SERVER.rpartition("/")[0] + f"/{name}"}
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def inside(env: dict[str, str], *order: str) -> dict[str, Any]:
    """Have ``bench.api.inside`` do one thing."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.api.inside", *order],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(done.stderr[-2000:])
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


@contextmanager
def serving(env: dict[str, str]) -> Iterator[int]:
    """The web process; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "vivavoce.asgi:application", "--port", str(port), "--lifespan", "off"]
    process = subprocess.Popen([*command, "--log-level", "error"], env=env, cwd=ROOT)
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise SystemExit("the web process did not come up")


def measure(database: str, home: Path, total: int) -> dict[str, Any]:
    """Load and shares on one database."""
    env = environment(home, database)
    made = inside(env, "prepare")
    with serving(env) as port:
        press(port, made["key"], made["voice"], clients=1, total=20)
        loads = [press(port, made["key"], made["voice"], clients=clients, total=total) for clients in CLIENTS]
    parts = inside(env, "shares", str(max(50, total // 4)), made["key"], made["voice"])
    return {"load": [load.as_dict() for load in loads], "shares": parts}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="bench.api", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="200 requests instead of 2000 per cell")
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    total = 200 if options.quick else 2000
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="vivavoce-bench-") as folder, databases(Path(folder)) as found:
        for name, address in found.items():
            home = Path(folder) / name
            home.mkdir()
            results[name] = measure(address, home, total)
    _print(results)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps({"cores": os.cpu_count(), **results}, indent=2), encoding="utf-8")


def _print(results: dict[str, Any]) -> None:
    print("POST /v1/synthesis to 202, one web process")
    print("database    clients     n  requests/s   p50 ms   p99 ms  (95 % interval)")
    for name, result in results.items():
        for load in result["load"]:
            interval = f"({load['p99_low_ms']:.1f} to {load['p99_high_ms']:.1f})"
            print(
                f"{name:<11} {load['clients']:>7} {load['n']:>5} {load['per_second']:>11.1f} "
                f"{load['p50_ms']:>8.1f} {load['p99_ms']:>8.1f}  {interval}"
            )
    print("\nWhere one request's time goes (in process, mean ms; log includes its own statements)")
    for name, result in results.items():
        parts = dict(result["shares"])
        count, whole = parts.pop("n"), parts.pop("total_ms")
        listed = "  ".join(f"{part} {ms:.2f} ({100 * ms / whole:.0f} %)" for part, ms in parts.items())
        print(f"{name:<11} n={count}  total {whole:.2f}:  {listed}")


if __name__ == "__main__":
    main()
