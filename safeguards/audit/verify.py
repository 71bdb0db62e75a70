"""Stand-alone verifier: ``python -m safeguards.audit.verify bundle.json --key KEYFILE [--checkpoint FILE …] [--json]``.

Needs Python's standard library and ``cryptography``; no Django, no database, no part of the platform that wrote the
log. Exit status: 0 verified, 1 a fault was found (the text names the first bad entry and what to do), 2 a file could
not be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from safeguards.crypto.errors import KeyMalformed
from safeguards.crypto.keys import VerifyKey

from .checkpoint import SignedHead
from .note import NoteKey, NoteMalformed, parse_keys
from .reader import BundleMalformed, BundleReader
from .subset import verify_entries
from .trust import Trust
from .verdict import Fault, Problem, Report
from .whole import verify_log

FORMAT = "vivavoce-log/1"
_MAX_SMALL_FILE = 1 << 20


def verify_bundle(
    file: TextIO,
    *,
    keys: Sequence[NoteKey] = (),
    witnesses: Sequence[NoteKey] = (),
    anchors: Sequence[SignedHead] = (),
) -> Report:
    """Verify a bundle written by ``safeguards.audit.bundle``.

    Args:
        file: the bundle, opened as text; read once, in constant memory.
        keys: log keys the auditor trusts; without one no signature is checked.
        witnesses: keys of witnesses the auditor trusts (kind 0x04).
        anchors: checkpoints kept outside, in any order.

    Returns:
        The report; ``report.ok`` says whether all is well.
    """
    report = Report()
    try:
        reader = BundleReader(file)
        header = reader.header
        bundled = _read_header(header, report)
        trust = Trust(keys, witnesses)
        if report.kind == "log":
            verify_log(
                reader.entries(),
                size=header["size"],
                bundled=bundled,
                anchors=anchors,
                trust=trust,
                report=report,
            )
        else:
            latest = max(bundled, key=lambda signed: signed.head.size)
            verify_entries(reader.entries(), header=header, signed=latest, anchors=anchors, trust=trust, report=report)
    except (BundleMalformed, NoteMalformed) as error:
        report.problems = [
            Problem(
                Fault.UNREADABLE,
                f"The bundle cannot be read: {error}.",
                "Export it again; if that gives the same, the file was altered.",
                report.entries or None,
            )
        ]
    return report


def _read_header(header: dict[str, Any], report: Report) -> list[SignedHead]:
    if header.get("format") != FORMAT:
        raise BundleMalformed(f"its format is {header.get('format')!r}, this verifier knows {FORMAT!r}")
    kind, origin, size, notes = (header.get(name) for name in ("kind", "origin", "size", "checkpoints"))
    if kind not in {"log", "entries"} or not isinstance(origin, str):
        raise BundleMalformed("kind or origin is missing")
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise BundleMalformed("size is not a natural number")
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        raise BundleMalformed("checkpoints is not a list of notes")
    if kind == "entries" and not notes:
        raise BundleMalformed("single entries need a checkpoint")
    report.kind, report.origin = str(kind), origin
    return [SignedHead.parse(note.encode()) for note in notes]


def read_keys(path: Path, origin: str | None = None) -> list[NoteKey]:
    """Read a key file: vkey lines, or one PEM public key that is taken as the key of ``origin``.

    Raises:
        KeyMalformed: for another content, or a PEM file without an origin to name it by.
    """
    data = _small(path)
    if not data.lstrip().startswith(b"-----BEGIN"):
        return parse_keys(data.decode("utf-8", "replace"))
    if origin is None:
        raise KeyMalformed("a PEM key has no name: give --origin with the log's name, or a vkey file")
    return [NoteKey(origin, VerifyKey.from_pem(data))]


def _small(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_MAX_SMALL_FILE + 1)
    if len(data) > _MAX_SMALL_FILE:
        raise KeyMalformed(f"{path} is larger than 1 MB")
    return data


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m safeguards.audit.verify",
        description="Verify an exported audit log without trusting who exported it.",
    )
    parser.add_argument("bundle", type=Path, help="file written by 'vivavoce log export'; - reads standard input")
    parser.add_argument("--key", type=Path, action="append", default=[], metavar="KEYFILE", help="vkey lines, or PEM")
    parser.add_argument("--origin", help="the log's name, needed with a PEM key")
    parser.add_argument(
        "--checkpoint",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a checkpoint you kept (repeatable)",
    )
    parser.add_argument(
        "--witness", type=Path, action="append", default=[], metavar="KEYFILE", help="vkeys of witnesses you trust"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _arguments(argv)
    try:
        keys = [key for path in options.key for key in read_keys(path, options.origin)]
        witnesses = [key for path in options.witness for key in read_keys(path)]
        anchors = [SignedHead.parse(_small(path)) for path in options.checkpoint]
        if str(options.bundle) == "-":
            report = verify_bundle(sys.stdin, keys=keys, witnesses=witnesses, anchors=anchors)
        else:
            with options.bundle.open(encoding="utf-8", errors="surrogateescape") as file:
                report = verify_bundle(file, keys=keys, witnesses=witnesses, anchors=anchors)
    except (OSError, KeyMalformed, NoteMalformed) as error:
        sys.stderr.write(f"Nothing was verified: {error}.\nCheck the paths and that each file is of the right kind.\n")
        return 2
    text = json.dumps(report.as_dict(), indent=2) if options.json else report.as_text()
    sys.stdout.write(text + "\n")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
