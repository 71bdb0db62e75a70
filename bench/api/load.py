"""Load from threads over kept-alive connections; latencies as they were met."""

from __future__ import annotations

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bench.api.request import body_for


@dataclass(frozen=True)
class Load:
    """What ``clients`` threads met that each asked as soon as it was answered. The interval is a bootstrap over requests."""

    clients: int
    n: int
    per_second: float
    p50_ms: float
    p99_ms: float
    p99_low_ms: float
    p99_high_ms: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def press(port: int, key: str, voice: str, *, clients: int, total: int) -> Load:
    """Ask ``total`` times from ``clients`` threads.

    Raises:
        SystemExit: for any answer but 202.
    """
    each = total // clients
    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        lots = list(pool.map(lambda _: _client(port, key, voice, each), range(clients)))
    seconds = time.perf_counter() - started
    times = np.array([one for lot in lots for one in lot]) * 1000
    rng = np.random.default_rng(0)
    resampled = [np.percentile(rng.choice(times, len(times)), 99) for _ in range(500)]
    low, high = np.percentile(resampled, [2.5, 97.5])
    p50, p99 = np.percentile(times, [50, 99])
    return Load(clients, len(times), len(times) / seconds, float(p50), float(p99), float(low), float(high))


def _client(port: int, key: str, voice: str, count: int) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = json.dumps(body_for(voice))
    taken = []
    for _ in range(count):
        started = time.perf_counter()
        connection.request("POST", "/v1/synthesis", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        taken.append(time.perf_counter() - started)
        if answer.status != 202:
            raise SystemExit(text.decode())
    connection.close()
    return taken
