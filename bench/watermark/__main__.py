"""``python -m bench.watermark``: measure the watermark on speakers it was never tuned on; print tables, write JSON and plots."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.watermark.attacks import Array
from bench.watermark.clips import Clip
from bench.watermark.confirmation import SECONDS as CONFIRMED_S
from bench.watermark.confirmation import confirmation_table
from bench.watermark.detection import attack_table, marked, streamed
from bench.watermark.false_positives import null_p_values
from bench.watermark.hypotheses import hypothesis_table
from bench.watermark.keeping import Kept
from bench.watermark.peers import perth_table
from bench.watermark.plots import draw
from bench.watermark.published import publish
from bench.watermark.quality_table import quality_table
from bench.watermark.removal import removal_table
from bench.watermark.speed import detect_memory, speed_table
from bench.watermark.stats import resampled
from bench.watermark.strength import strength_table
from bench.watermark.unplaced import unplaced_table


@dataclass(frozen=True)
class Size:
    """How many clips each part takes."""

    lengths: dict[float, int]
    quality: int
    nulls: int
    nulls_s: float
    pairs: int
    removal: int
    speed: int
    strength: int
    peer: int


QUICK = Size({1.0: 8, 3.0: 6, 5.0: 6, 10.0: 4}, 20, 2_000, 60.0, 5_000, 20, 4, 6, 0)
FULL = Size({1.0: 60, 3.0: 60, 5.0: 60, 10.0: 40}, 120, 100_000, 7200.0, 100_000, 100, 12, 30, 20)
STREAMED = 20
UNPLACED = 20
STREAM_ATTACKS = (
    "none", "mp3_32k", "opus_16k", "amr_nb_12.2k", "white_20db", "babble_10db", "reverb_0.6s", "phone_chain", "replay_chain",
    "mel_resynthesis", "crop_2s", "speed_+5%", "tempo_-5%", "pitch_+1st",
)  # fmt: skip
PARTS = (
    "quality",
    "detection",
    "confirmation",
    "unplaced",
    "stream",
    "stream_quality",
    "nulls",
    "hypotheses",
    "removal",
    "speed",
    "strength",
    "peer",
)


def main() -> None:
    """Parse arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m bench.watermark", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few clips of everything, ten minutes on one core")
    parser.add_argument("--json", type=Path, help="write the report here")
    parser.add_argument("--plots", type=Path, help="folder for the plots")
    parser.add_argument("--speech", type=Path, default=Path(os.environ.get("VIVAVOCE_SHARED", "../shared")) / "speech")
    parser.add_argument("--split", choices=("tune", "test"), default="test")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--lengths", nargs="+", type=float, help="only these clip lengths, in seconds")
    parser.add_argument("--attacks", nargs="+", metavar="NAME", help="only these attacks")
    parser.add_argument(
        "--clips",
        type=int,
        help="clips for each length, quality, removal, strength and peer, in place of the size's own",
    )
    parser.add_argument(
        "--keep", type=Path, help="file of single results, so that a run that is stopped goes on where it was"
    )
    parser.add_argument(
        "--kept-only", action="store_true", help="detection and nulls: report what was kept, measure nothing new"
    )
    parser.add_argument("--budget", type=float, help="seconds for the nulls, in place of the size's own")
    parser.add_argument(
        "--publish",
        action="store_true",
        help="write the figures that a verdict quotes; needs the parts detection and nulls",
    )
    arguments = parser.parse_args()
    if arguments.publish and not {"detection", "nulls"} <= set(arguments.parts):
        parser.error("--publish needs the parts detection and nulls")
    report = run(arguments)
    if arguments.publish:
        print("wrote", publish(report))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1))
    if arguments.plots and "detection" in report:
        for path in draw(report, arguments.plots):
            print("wrote", path)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure the wanted parts, printing each as it is done."""
    size = QUICK if arguments.quick else FULL
    folder, split = arguments.speech, arguments.split
    kept = Kept(arguments.keep)
    budget = -1.0 if arguments.kept_only else arguments.budget or size.nulls_s
    report: dict[str, Any] = {"split": split, "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    measures: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "quality": lambda: _quality(arguments, size, kept),
        "detection": lambda: _detection(arguments, size, kept),
        "confirmation": lambda: confirmation_table(
            folder, split, arguments.clips or STREAMED, kept, arguments.lengths or CONFIRMED_S
        ),
        "unplaced": lambda: unplaced_table(folder, split, arguments.clips or UNPLACED, kept),
        "stream": lambda: _stream(arguments, kept),
        "stream_quality": lambda: _quality(arguments, size, kept, mark=streamed, label="stream: "),
        "nulls": lambda: [null.as_json() for null in null_p_values(folder, split, size.nulls, budget, kept)],
        "hypotheses": lambda: hypothesis_table(folder, split, size.pairs, arguments.budget or size.nulls_s, kept),
        "removal": lambda: removal_table(folder, split, 5.0, size.removal, arguments.clips or size.removal, kept),
        "speed": lambda: [*speed_table(folder, split, size.speed), detect_memory(20.0)],
        "strength": lambda: strength_table(folder, split, 3.0, arguments.clips or size.strength),
        "peer": lambda: [perth_table(folder, split, 5.0, arguments.clips or size.peer)] if size.peer else [],
    }
    for part, measure in measures.items():
        if part in arguments.parts:
            report[part] = measure()
            if part != "detection":
                for row in report[part]:
                    _print_row(part, row)
    return report


def _quality(
    arguments: argparse.Namespace,
    size: Size,
    kept: Kept,
    mark: Callable[[Clip, int], Array] = marked,
    label: str = "",
) -> list[dict[str, Any]]:
    """Audibility of an embedder's mark at each length asked for, 5 s without."""
    model = arguments.speech.parent / "peers" / "dnsmos" / "DNSMOS__DNSMOS__sig_bak_ovr.onnx"
    count = arguments.clips or size.quality
    return [
        quality_table(
            arguments.speech,
            arguments.split,
            seconds,
            count,
            mark=mark,
            model=model if model.exists() else None,
            kept=kept,
            label=label,
        )
        for seconds in arguments.lengths or (5.0,)
    ]


def _detection(arguments: argparse.Namespace, size: Size, kept: Kept) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for seconds, count in size.lengths.items():
        if arguments.lengths is None or seconds in arguments.lengths:
            cells = attack_table(
                arguments.speech,
                arguments.split,
                seconds,
                arguments.clips or count,
                only=arguments.attacks,
                kept=kept,
                fresh=not arguments.kept_only,
                label=f"{' '.join(arguments.attacks)}: " if arguments.attacks else "",
            )
            rows += [cell.as_json() for cell in cells]
            if cells:
                _print_detection(rows[-len(cells) :])
    return rows


def _stream(arguments: argparse.Namespace, kept: Kept) -> list[dict[str, Any]]:
    """What the stream embedder's mark stands at 5 s, under one attack of each kind."""
    cells = attack_table(
        arguments.speech,
        arguments.split,
        5.0,
        arguments.clips or STREAMED,
        only=STREAM_ATTACKS,
        kept=kept,
        mark=streamed,
        label="stream of ",
    )
    return [cell.as_json() for cell in cells]


def _print_row(title: str, row: dict[str, Any]) -> None:
    shown = {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items() if not isinstance(v, dict)}
    print(f"{title}: " + ", ".join(f"{k} {v}" for k, v in shown.items()), flush=True)


def _print_detection(rows: list[dict[str, Any]]) -> None:
    print(
        f"\n{rows[0]['seconds']:g} s, n = {rows[0]['n']} a row       detected  95 % interval   exact   median log10 p"
    )
    for row in rows:
        low, high = row["detected_interval"]
        share = f"{row['detected']:8.2f}   [{low:.2f}, {high:.2f}]  {row['exact']:7.2f}"
        print(f"  {row['attack']:26s} {share}   {row['median_log10_p']:9.1f}")
    attacked = [row for row in rows if row["attack"] != "none"]
    if not attacked:
        return
    print(
        f"  mean over {len(attacked)} attacks: detected {_mean(attacked, 'present')}, exact {_mean(attacked, 'read')}, "
        f"wrong payloads {sum(r['wrong_payload'] for r in rows)} of {sum(r['n'] for r in rows)}",
        flush=True,
    )


def _mean(rows: list[dict[str, Any]], what: str) -> str:
    """Mean over attacks with its interval, by resampling clips."""
    outcomes = [[clip[what] for clip in row["clips"]] for row in rows]
    low, high = resampled(outcomes)
    return f"{np.mean(outcomes):.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()
