"""``vivavoce verify|detect FILE``."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from vivavoce.cli.output import Failed, Result

WAIT_SECONDS = 300.0


def register(commands: Any) -> None:
    """Add the subcommands."""
    for name, run, text in (
        ("verify", verify, "was this clip made here? ends in 1 when it cannot be shown"),
        ("detect", detect, "how likely is this speech synthetic, whoever made it?"),
    ):
        parser = commands.add_parser(name, help=text, description=text)
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.set_defaults(run=run)


def verify(options: argparse.Namespace) -> Result:
    """The auditor's answer, by the same services as over HTTP; the work is done in this process, or by a worker that is faster."""
    from synthesis import selectors, services

    worker = import_module("synthesis.verification.worker")
    asked_by = "operator-cli"
    job = services.verify_submit(data=_load(options.file), kind="verify", audience="auditor", asked_by=asked_by)
    end = time.monotonic() + WAIT_SECONDS
    while True:
        view = selectors.verify_get(job_id=job.pk, audience="auditor", asked_by=asked_by)
        if view.state == "done" and view.result is not None:
            break
        if view.state in {"failed", "cancelled"}:
            raise Failed(f"this file cannot be analysed ({view.error_code})")
        if time.monotonic() > end:
            raise Failed("a worker took the question and does not answer")
        if not worker.verify_waiting():
            time.sleep(0.2)
    verdict = str(view.result.get("verdict", ""))
    lines = [verdict, *(_technique(item) for item in view.result.get("techniques", []))]
    return Result(view.result, lines, 0 if verdict == "generated_here" else 1)


def detect(options: argparse.Namespace) -> Result:
    """The detector's score; needs no database."""
    from audiokit import read

    detector = import_module("safeguards.detector")
    score = detector.score(read(options.file, max_seconds=600.0, max_bytes=50 * 2**20))
    document = {"technique": detector.technique(), **asdict(score)}
    lines = [f"{score.verdict}  p(synthetic) = {score.p_synthetic:.3f}"]
    lines += [f"  {one.start_s:6.2f}-{one.end_s:.2f} s  {one.p_synthetic:.3f}" for one in score.segments]
    for cue in score.cues:
        side = "machine" if cue.log_odds > 0.0 else "person"
        lines.append(f"  {cue.cue}, {cue.low_hz:.0f}-{cue.high_hz:.0f} Hz: for a {side} ({cue.log_odds:+.2f})")
    return Result(document, lines)


def _load(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Failed(f"{path} cannot be read: {error.strerror}") from error


def _technique(item: Any) -> str:
    if not isinstance(item, dict):
        return f"  {item}"
    name = item.get("technique") or item.get("name") or "technique"
    return f"  {name}: {item.get('outcome') or item.get('result') or item.get('verdict') or ''}".rstrip(": ")
