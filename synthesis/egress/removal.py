"""Dropping clips: called by services after their transaction has committed."""

from __future__ import annotations

from collections.abc import Iterable

from synthesis import storage


def drop(refs: Iterable[str]) -> None:
    """Remove blobs; empty refs and those already gone are passed over."""
    for ref in refs:
        if ref:
            storage.delete(ref)
