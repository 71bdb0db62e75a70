"""An operator of an audit log in memory, with the real formats, so that attacks are written as edits of ``rows`` and ``notes``."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from safeguards.audit import merkle
from safeguards.audit.checkpoint import Head, SignedHead, sign
from safeguards.audit.leaf import PREV_OF_FIRST, leaf_bytes
from safeguards.audit.note import NoteKey
from safeguards.audit.verdict import Report
from safeguards.audit.verify import FORMAT, verify_bundle
from safeguards.crypto.canonical import canonical_bytes
from safeguards.crypto.keys import SigningKey

START = datetime(2026, 1, 1, tzinfo=UTC)


def make_row(leaf: bytes) -> dict[str, str]:
    """An exported entry whose hash fits its leaf."""
    return {"leaf": leaf.decode(), "hash": merkle.leaf_hash(leaf).hex()}


class LogOperator:
    """Writes a log the way the platform does; ``rows`` are the exported entries, ``notes`` the checkpoints."""

    def __init__(self, origin: str = "log.test/a", seed: int = 1) -> None:
        self.origin = origin
        self.key = SigningKey.from_bytes(bytes([seed]) * 32)
        self.rows: list[dict[str, str]] = []
        self.notes: list[str] = []

    @property
    def note_key(self) -> NoteKey:
        return NoteKey(self.origin, self.key.verify_key)

    def append(self, event: int = 101, body: dict[str, Any] | None = None) -> None:
        index = len(self.rows)
        leaf = leaf_bytes(
            index=index,
            prev=self.rows[-1]["hash"] if self.rows else PREV_OF_FIRST,
            event=event,
            at=START + timedelta(seconds=index),
            actor="account:a1",
            subject=f"challenge:{index}",
            world="live",
            body={"n": index} if body is None else body,
        )
        self.rows.append(make_row(leaf))

    def grow(self, count: int, checkpoint_every: int = 0) -> LogOperator:
        for _ in range(count):
            self.append()
            if checkpoint_every and len(self.rows) % checkpoint_every == 0:
                self.checkpoint()
        return self

    def head(self, size: int | None = None) -> Head:
        frontier = merkle.Frontier()
        for row in self.rows[: len(self.rows) if size is None else size]:
            frontier.append(bytes.fromhex(row["hash"]))
        return Head(self.origin, frontier.size, frontier.root())

    def checkpoint(self, *keys: SigningKey) -> SignedHead:
        signed = sign(self.head(), keys or [self.key])
        self.notes.append(signed.note.to_bytes().decode())
        return signed

    def rotate(self, seed: int) -> None:
        new = SigningKey.from_bytes(bytes([seed]) * 32)
        self.append(1301, {"old": str(self.note_key), "new": str(NoteKey(self.origin, new.verify_key))})
        self.checkpoint(self.key, new)
        self.key = new

    def record(self, index: int) -> dict[str, Any]:
        record: dict[str, Any] = json.loads(self.rows[index]["leaf"])
        return record

    def rewrite(self, place: int, /, **changes: Any) -> None:
        """Change fields of one leaf and its stored hash, and nothing else."""
        self.rows[place] = make_row(canonical_bytes(self.record(place) | changes))

    def relink(self, start: int) -> None:
        """Rewrite index and link of every row from ``start`` on, as an attacker with time would."""
        for index in range(start, len(self.rows)):
            self.rewrite(index, index=index, prev=self.rows[index - 1]["hash"] if index else PREV_OF_FIRST)

    def bundle(self, **changes: Any) -> str:
        content: dict[str, Any] = {
            "format": FORMAT,
            "kind": "log",
            "origin": self.origin,
            "size": len(self.rows),
            "keys": [],
            "checkpoints": self.notes,
        }
        return json.dumps(content | changes | {"entries": self.rows}, ensure_ascii=False)

    def verify(self, *, anchors: tuple[SignedHead, ...] = (), keys: tuple[NoteKey, ...] | None = None) -> Report:
        trusted = (self.note_key,) if keys is None else keys
        return verify_bundle(io.StringIO(self.bundle()), keys=trusted, anchors=anchors)
