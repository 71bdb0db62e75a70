"""What a subcommand hands back, and how it is printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a subcommand.

    Attributes:
        document: printed with ``--json``.
        lines: printed without.
        status: exit status.
    """

    document: Any
    lines: Sequence[str] = field(default_factory=tuple)
    status: int = 0


class Failed(Exception):
    """The command cannot do what was asked: one sentence, exit status 2."""


def show(result: Result, *, as_json: bool) -> None:
    """To standard output."""
    text = json.dumps(result.document, indent=2, default=str) if as_json else "\n".join(result.lines)
    if text:
        sys.stdout.write(text + "\n")


def table(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> list[str]:
    """Rows under their headings, as wide as needed."""
    cells = [[str(row[column] if row[column] is not None else "-") for column in columns] for row in rows]
    widths = [
        max(len(column), *(len(line[at]) for line in cells)) if cells else len(column)
        for at, column in enumerate(columns)
    ]
    form = "  ".join(f"{{:<{width}}}" for width in widths)
    return [form.format(*columns).rstrip(), *(form.format(*line).rstrip() for line in cells)]
