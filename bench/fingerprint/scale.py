"""Query time and recall of the coarse stage against the size of the index, on synthetic records around real ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bench.fingerprint.corpus import Stretch, audio
from bench.watermark.stats import wilson
from safeguards.fingerprint import Match
from safeguards.fingerprint.extraction import describe, extract
from safeguards.fingerprint.patches import log_mel
from safeguards.fingerprint.record import HEAD_BYTES, MOMENT_BYTES, Record

SECONDS = 5.0
QUERY_S = 3.0
_POOL = 4_000
_RUN = 16


class Index(Protocol):
    """What is timed."""

    def query(self, data: bytes, top: int = 5) -> list[Match]:
        """See ``FingerprintStore.query``."""
        ...


def synthetic(speech: list[Stretch], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Records like real ones: runs of 0.64 s out of a pool of half a million vectors, each a mixture of two real ones."""
    rng = np.random.default_rng(seed)
    real = [describe(log_mel(piece.samples)) for piece in speech]
    vectors = np.concatenate([record.vectors for record in real])
    weights = np.concatenate([record.weights for record in real])
    hop = real[0].hop_s
    length = round(SECONDS / hop)
    pool = []
    for _ in range(_POOL):
        first, second = rng.integers(0, len(vectors) - length, 2)
        share = rng.uniform(0.5, 0.8)
        mixed = share * vectors[first : first + length] + (1 - share) * vectors[second : second + length]
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        packed = Record(mixed.astype(np.float32), weights[first : first + length], hop).to_bytes()
        pool.append(np.frombuffer(packed, dtype=np.uint8, offset=HEAD_BYTES).reshape(length, MOMENT_BYTES))
    moments, head = np.concatenate(pool), packed[:HEAD_BYTES]
    runs = -(-length // _RUN)
    steps = np.arange(_RUN)
    for number in range(count):
        rows = (rng.integers(0, len(moments) - _RUN, runs)[:, None] + steps).reshape(-1)[:length]
        yield f"synthetic-{number:07d}", head + moments[rows].tobytes()


def asked(clips: list[Stretch], attacks: dict[str, Callable[..., Any]], seed: int) -> list[tuple[str, str, bytes]]:
    """Queries of 3 s from within the clips, each under each attack: clip id, attack, fingerprint."""
    rng = np.random.default_rng(seed)
    queries = []
    for number, clip in enumerate(clips):
        start = int(rng.integers(0, len(clip.samples) - int(QUERY_S * 16_000) + 1))
        piece = clip.samples[start : start + int(QUERY_S * 16_000)].astype(np.float32)
        for name, attack in attacks.items():
            queries.append((f"clip-{number}", name, extract(audio(np.asarray(attack(piece, rng), dtype=np.float64)))))
    return queries


def measure(index: Index, queries: list[tuple[str, str, bytes]], size: int, label: str) -> dict[str, Any]:
    """Times of a query in milliseconds, by the clock and on the processor, and how often the right record comes first and is believed."""
    for _, _, data in queries[:3]:
        index.query(data, top=1)
    taken, worked, hits, believed = [], [], 0, 0
    missed: dict[str, int] = {}
    for name, attack, data in queries:
        start, before = time.perf_counter(), time.process_time()
        best = index.query(data, top=1)
        taken.append(1000 * (time.perf_counter() - start))
        worked.append(1000 * (time.process_time() - before))
        right = bool(best) and best[0].id == name
        hits += right
        believed += right and best[0].believed
        if not right:
            missed[attack] = missed.get(attack, 0) + 1
    return {
        "index": label,
        "records": size,
        "n": len(queries),
        "median_ms": float(np.median(taken)),
        "p95_ms": float(np.quantile(taken, 0.95)),
        "processor_median_ms": float(np.median(worked)),
        "processor_p95_ms": float(np.quantile(worked, 0.95)),
        "recall": hits / len(queries),
        "recall_interval": wilson(hits, len(queries)),
        "believed": believed / len(queries),
        "missed": missed,
    }


def folder_bytes(folder: Path) -> int:
    """Size on disk."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
