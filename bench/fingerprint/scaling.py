"""Build indexes of growing size and ask them the same questions."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from bench.fingerprint.corpus import audio, stretches
from bench.fingerprint.scale import SECONDS, asked, folder_bytes, measure, synthetic
from bench.watermark.attacks import suite
from safeguards.fingerprint import FingerprintStore, extract

ATTACKS = (
    "none",
    "mp3_32k",
    "opus_12k",
    "white_10db",
    "babble_10db",
    "reverb_0.6s",
    "speed_-10%",
    "tempo_+10%",
    "pitch_+1st",
)


def scaling(
    speech: Path, folder: Path, sizes: tuple[int, ...], clips: int, postgres: str | None
) -> list[dict[str, Any]]:
    """Rows of query time and recall by size, for the store on disk and, given a connection string, for PostgreSQL at the largest size."""
    voices = tuple(piece.samples.astype("float32") for piece in stretches(speech, 8.0, 8, test=False))
    attacks = {name: attack for name, attack in suite(voices).items() if name in ATTACKS}
    targets = stretches(speech, SECONDS, clips)
    queries = asked(targets, attacks, seed=5)
    filler = stretches(speech, SECONDS, 150, test=False)
    rows: list[dict[str, Any]] = []
    store = FingerprintStore(folder / "empty")
    for size in sizes:
        place = folder / f"store-{size}"
        shutil.rmtree(place, ignore_errors=True)
        store = FingerprintStore(place)
        start = time.perf_counter()
        store.load(synthetic(filler, size, seed=size))
        built = time.perf_counter() - start
        for number, clip in enumerate(targets):
            store.add(f"clip-{number}", extract(audio(clip.samples)))
        store.load([])  # turns what was just added into a segment too
        row = measure(store, queries, size, "store")
        rows.append({**row, "build_s": built, "bytes_on_disk": folder_bytes(place)})
        _show(rows[-1])
        if size != sizes[-1]:
            shutil.rmtree(place)
    if postgres:
        from bench.fingerprint.database import measured_database

        rows.append(measured_database(postgres, store.segments[0], targets, queries, sizes[-1]))
        _show(rows[-1])
    return rows


def _show(row: dict[str, Any]) -> None:
    low, high = row["recall_interval"]
    print(
        f"{row['index']}, {row['records']} records: query {row['median_ms']:.1f} ms (95 %: {row['p95_ms']:.1f}), first "
        f"{row['recall']:.3f} [{low:.3f}, {high:.3f}], believed {row['believed']:.3f} of {row['n']}, missed {row['missed']}",
        flush=True,
    )
