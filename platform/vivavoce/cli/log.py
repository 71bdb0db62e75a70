"""``vivavoce log export|verify|checkpoint``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from vivavoce.cli.output import Failed, Result


def register(commands: Any) -> None:
    """Add the subcommands."""
    actions = commands.add_parser("log", help="export and verify the audit log").add_subparsers(
        required=True, metavar="ACTION"
    )
    export_ = actions.add_parser("export", help="write the whole log as one file for an auditor")
    export_.add_argument("--out", type=Path, required=True)
    export_.add_argument("--size", type=int, help="up to this checkpoint; a new one is signed when left out")
    export_.set_defaults(run=export)
    verify_ = actions.add_parser("verify", help="verify an exported file; ends in 1 when it does not hold")
    verify_.add_argument("file", type=Path)
    verify_.add_argument("--key", type=Path, action="append", default=[], metavar="KEYFILE")
    verify_.add_argument("--checkpoint", type=Path, action="append", default=[], metavar="FILE")
    verify_.set_defaults(run=verify)
    checkpoint_ = actions.add_parser("checkpoint", help="sign a checkpoint now")
    checkpoint_.set_defaults(run=checkpoint)
    for parser in (export_, verify_, checkpoint_):
        parser.add_argument("--json", action="store_true", help="print JSON")


def export(options: argparse.Namespace) -> Result:
    """Written aside and moved into place, so that a file of that name is always whole."""
    from safeguards.audit.bundle import export_log
    from safeguards.audit.checkpoints import checkpoint_create

    if options.size is None:
        checkpoint_create()
    aside = options.out.with_name(f".{options.out.name}.part")
    with aside.open("w", encoding="utf-8") as file:
        count = export_log(file, size=options.size)
    aside.replace(options.out)
    return Result({"file": str(options.out), "entries": count}, [f"wrote {count} entries to {options.out}"])


def verify(options: argparse.Namespace) -> Result:
    """By the stand-alone verifier, which needs none of us: ``python -m safeguards.audit.verify``."""
    from safeguards.audit.checkpoint import SignedHead
    from safeguards.audit.verify import read_keys, verify_bundle

    try:
        keys = [key for path in options.key for key in read_keys(path, None)]
        anchors = [SignedHead.parse(path.read_bytes()) for path in options.checkpoint]
        with options.file.open(encoding="utf-8", errors="surrogateescape") as file:
            report = verify_bundle(file, keys=keys, anchors=anchors)
    except (OSError, ValueError) as error:
        raise Failed(f"nothing was verified: {error}") from error
    return Result(report.as_dict(), [report.as_text()], 0 if report.ok else 1)


def checkpoint(_options: argparse.Namespace) -> Result:
    """Sign and export the tree head."""
    from safeguards.audit.checkpoints import checkpoint_create

    made = checkpoint_create()
    return Result({"size": made.size, "note": made.note}, [made.note.rstrip("\n")])
