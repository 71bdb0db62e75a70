"""One exported entry as the verifier reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import merkle
from .leaf import Record, parse_leaf

RESTORE = "Compare with an earlier export or a replica of the log, and find out who could write to the database then."


@dataclass(frozen=True, slots=True)
class Row:
    """One exported entry as it was read."""

    leaf: bytes
    stored: bytes
    record: Record | None

    @property
    def hashed(self) -> merkle.Hash:
        """Hash of the leaf, computed here."""
        return merkle.leaf_hash(self.leaf)


def read_row(entry: Mapping[str, Any]) -> Row:
    """Read one element of ``entries``; a leaf that does not parse gives a row without a record."""
    leaf, stored = entry.get("leaf"), entry.get("hash")
    data = leaf.encode("utf-8", "surrogatepass") if isinstance(leaf, str) else b""
    try:
        record = parse_leaf(data)
    except ValueError:
        record = None
    try:
        digest = bytes.fromhex(stored) if isinstance(stored, str) else b""
    except ValueError:
        digest = b""
    return Row(data, digest, record)
