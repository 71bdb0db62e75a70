"""``python -m bench.fingerprint [--quick] [--json OUT]``: the fingerprint on speakers its training never heard."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.fingerprint.corpus import audio, stretches
from bench.fingerprint.false_matches import calibration, hard_negatives, index_null, synthetic_negatives
from bench.fingerprint.identification import identify
from bench.fingerprint.plots import draw
from bench.fingerprint.published import publish
from bench.fingerprint.scaling import scaling
from bench.watermark.keeping import Kept
from safeguards.fingerprint import VERSION, extract

TEXTS = [
    "The committee will meet again on the third of November to discuss the budget.",
    "Please leave the parcel with the neighbour if nobody answers the door.",
    "A long walk along the river cleared his head before the meeting.",
]


@dataclass(frozen=True)
class Size:
    """How much to measure."""

    clips: dict[float, int]
    pairs: int
    sizes: tuple[int, ...]
    queries: int
    voices: int
    records: int
    questions: int


FULL = Size({1.0: 24, 2.0: 24, 3.0: 24, 5.0: 24, 10.0: 16}, 8000, (1_000, 10_000, 100_000, 1_000_000), 20, 3, 1500, 400)
QUICK = Size({2.0: 4}, 300, (1_000,), 3, 2, 40, 20)


def main() -> None:
    """Measure, print, write JSON and plots."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--parts", nargs="+", default=["identification", "false_matches", "speed", "scale"])
    parser.add_argument("--folder", type=Path, help="where the big index is built; a temporary folder otherwise")
    parser.add_argument("--postgres", help="connection string; the database form is left out without it")
    parser.add_argument(
        "--keep", type=Path, help="file of single results, so that a run that is stopped goes on where it was"
    )
    parser.add_argument("--clips", type=int, help="clips of each length, in place of the size's own")
    parser.add_argument("--sizes", nargs="+", type=int, help="records of the indexes built, in place of the size's own")
    parser.add_argument("--publish", action="store_true", help="write the figures that a verdict quotes")
    arguments = parser.parse_args()
    if arguments.publish and not {"identification", "false_matches"} <= set(arguments.parts):
        parser.error("--publish needs the parts identification and false_matches")
    size = QUICK if arguments.quick else FULL
    measures: dict[str, Callable[[], Any]] = {
        "identification": lambda: _identification(arguments.speech, size, Kept(arguments.keep), arguments.clips),
        "false_matches": lambda: _false_matches(arguments.speech, size),
        "speed": lambda: _speed(arguments.speech),
        "scale": lambda: _scale(arguments, size),
    }
    report: dict[str, Any] = {"version": VERSION, "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    for part, measure in measures.items():
        if part in arguments.parts:
            report[part] = measure()
            if arguments.json:
                arguments.json.parent.mkdir(parents=True, exist_ok=True)
                arguments.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    if arguments.publish:
        print("wrote", publish(report))
    if arguments.json:
        for path in draw(report, arguments.json.parent):
            print("wrote", path)


def _identification(speech: Path, size: Size, kept: Kept, clips: int | None) -> list[dict[str, Any]]:
    tables = []
    for seconds, count in size.clips.items():
        table = identify(speech, seconds, clips or count, kept)
        tables.append(table)
        rows = table["rows"]
        print(
            f"\n{seconds:g} s: {table['clips']} clips of {table['speakers']} speakers, {table['bytes']} bytes a record"
        )
        print("  attack                     found  95 % interval   same recording   in 1e6   median log10 p")
        for row in rows:
            low, high = row["found_interval"]
            print(
                f"  {row['attack']:24s} {row['found']:7.2f}   [{low:.2f}, {high:.2f}] {row['same_recording']:12.2f}"
                f" {row['found_in_million']:12.2f} {row['median_log10_p']:12.1f}"
            )
        means = {key: np.mean([row[key] for row in rows]) for key in ("found", "same_recording", "found_in_million")}
        print("  mean: " + ", ".join(f"{key} {value:.3f}" for key, value in means.items()), flush=True)
    return tables


def _false_matches(speech: Path, size: Size) -> dict[str, Any]:
    report: dict[str, Any] = {
        "calibration": calibration(speech, size.pairs),
        "index": index_null(speech, size.records, size.questions),
        "hard": hard_negatives(speech) + synthetic_negatives(TEXTS, size.voices),
    }
    for row in report["calibration"]:
        low, high = row["interval"]
        print(f"p <= {row['p']:g}: {row['below']} of {row['n']} unrelated pairs [{low:.2g}, {high:.2g}]")
    print(f"index of {report['index']['record_seconds']:.0f} s: {report['index']}")
    for row in report["hard"]:
        print(
            f"{row['pairs']} ({row['split']}): n {row['n']}, more than chance {row['surprising']}, taken for the same recording "
            f"{row['same_recording']}, largest score {row['largest_score']:.2f}",
            flush=True,
        )
    return report


def _speed(speech: Path) -> dict[str, Any]:
    clips = stretches(speech, 5.0, 12)
    taken = []
    for clip in clips:
        start = time.perf_counter()
        extract(audio(clip.samples))
        taken.append(time.perf_counter() - start)
    row = {
        "seconds": 5.0,
        "n": len(clips),
        "median_ms": 1000 * float(np.median(taken)),
        "x_real_time": 5 / np.median(taken),
    }
    print(f"extraction of 5 s: {row['median_ms']:.1f} ms, {row['x_real_time']:.0f} times real time", flush=True)
    return row


def _scale(arguments: argparse.Namespace, size: Size) -> list[dict[str, Any]]:
    sizes = tuple(arguments.sizes or size.sizes)
    if arguments.folder:
        return scaling(arguments.speech, arguments.folder, sizes, size.queries, arguments.postgres)
    with tempfile.TemporaryDirectory() as folder:
        return scaling(arguments.speech, Path(folder), sizes, size.queries, arguments.postgres)


if __name__ == "__main__":
    main()
