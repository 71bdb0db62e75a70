"""Run the benchmark, print tables, write JSON."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from bench.log import statistics

ROOT = Path(__file__).resolve().parents[2]
SERVER = os.environ.get("VIVAVOCE_BENCH_POSTGRES", "postgresql://root@127.0.0.1:5432/postgres")


class Worker:
    """A measuring process, driven by lines."""

    def __init__(self, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.log.worker"],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.answer()

    def order(self, text: str) -> None:
        """Send an order without waiting for it."""
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait for the next answer."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a measuring process ended; its message stands above")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """Let the process end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@contextmanager
def database(kind: str) -> Iterator[dict[str, str]]:
    """A new migrated database and the environment that names it; removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-log-") as home:
        url, name = f"sqlite://{home}/log.sqlite3", f"bench_log_{uuid.uuid4().hex[:12]}"
        if kind == "postgresql":
            with psycopg.connect(SERVER, autocommit=True) as server:
                server.execute(f'CREATE DATABASE "{name}"')
            url = SERVER.rpartition("/")[0] + "/" + name
        env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "bench.log.settings",
            "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
            "BENCH_LOG_DATABASE": url,
            "BENCH_LOG_HOME": home,
        }
        try:
            subprocess.run([sys.executable, "-m", "django", "migrate", "-v0"], cwd=ROOT, env=env, check=True)
            yield env
        finally:
            if kind == "postgresql":
                with psycopg.connect(SERVER, autocommit=True) as server:
                    server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def appends(env: dict[str, str], writers: int, total: int, repeats: int) -> statistics.Figure:
    """Appends per second of all writers together, each append its own transaction."""
    processes = [Worker(env) for _ in range(writers)]
    each = total // writers
    rates = []
    # The first round warms connections and caches and is not counted.
    for _ in range(repeats + 1):
        for process in processes:
            process.order(f"append {each}")
        spans = [process.answer() for process in processes]
        rates.append(writers * each / (max(span["end"] for span in spans) - min(span["start"] for span in spans)))
    for process in processes:
        process.close()
    return statistics.mean(rates[1:])


def proofs(env: dict[str, str], sizes: list[int], samples: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Proof figures at each size, then export and verification of the whole log."""
    worker = Worker(env)
    rows = []
    for size in sizes:
        worker.order(f"measure {size} {samples}")
        rows.append(worker.answer())
        sys.stderr.write(f"  measured {size:,} entries\n")
    worker.order("audit")
    whole = worker.answer()
    worker.close()
    return rows, whole


def reachable() -> bool:
    """Whether a PostgreSQL server answers."""
    try:
        psycopg.connect(SERVER, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def show(result: dict[str, Any]) -> None:
    """Print the tables."""
    print("\nAppends per second, each its own transaction; mean [95 % CI] of repeated runs")
    print(f"{'database':12}{'writers':>8}  {'appends/s':28}{'runs':>5}")
    for row in result["appends"]:
        figure = statistics.Figure(**row["per_s"])
        print(f"{row['database']:12}{row['writers']:8}  {figure!s:28}{figure.n:5}")
    print("\nProofs; median [95 % CI]; bytes and stored rows read are the largest seen")
    print(
        f"{'database':12}{'entries':>10}  {'inclusion ms':26}{'of it CPU ms':26}{'bytes':>6}{'rows':>6}  "
        f"{'consistency ms':26}{'bytes':>6}  {'verify µs':24}{'n':>5}"
    )
    for row in result["proofs"]:
        make, cpu, consist, check = (
            statistics.Figure(**row[name])
            for name in ("inclusion_ms", "inclusion_cpu_ms", "consistency_ms", "verify_us")
        )
        print(
            f"{row['database']:12}{row['size']:10,}  {make!s:26}{cpu!s:26}{row['inclusion_bytes']:6}{row['inclusion_rows']:6}  "
            f"{consist!s:26}{row['consistency_bytes']:6}  {check!s:24}{make.n:5}"
        )
    print("\nWhole log: export and stand-alone verification")
    for row in result["whole"]:
        print(
            f"{row['database']:12}{row['entries']:10,} entries  export {row['export_per_s']:,.0f}/s  "
            f"verify {row['verify_per_s']:,.0f}/s  {row['bytes_per_entry']:.0f} bytes each"
        )
    print(f"\n{result['machine']}")


def main() -> None:
    """Parse arguments, run, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.log", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="sizes to 10**4, fewer appends; under a minute")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    total, repeats, samples = (160, 3, 100) if options.quick else (800, 5, 300)
    sizes = [10**power for power in range(3, 5 if options.quick else 7)]
    kinds = ["sqlite", *(["postgresql"] if reachable() else [])]
    if len(kinds) == 1:
        sys.stderr.write("No PostgreSQL server answers; set VIVAVOCE_BENCH_POSTGRES. SQLite only.\n")
    result: dict[str, Any] = {"appends": [], "proofs": [], "whole": []}
    for kind in kinds:
        sys.stderr.write(f"{kind}\n")
        with database(kind) as env:
            for writers in (1, 8):
                figure = appends(env, writers, total, repeats)
                result["appends"].append({"database": kind, "writers": writers, "per_s": figure.as_dict()})
        with database(kind) as env:
            rows, whole = proofs(env, sizes, samples)
            result["proofs"] += [{"database": kind} | row for row in rows]
            result["whole"].append({"database": kind} | whole)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    result["machine"] = f"{os.cpu_count()} cores, load average {load} at the end of the run"
    show(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
