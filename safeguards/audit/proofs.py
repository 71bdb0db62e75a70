"""Roots and proofs from stored subtrees: O(log n) rows read, whatever the size of the log (RFC 6962 §2.1.1, §2.1.2)."""

from __future__ import annotations

from . import merkle, tree


class ProofUnavailable(ValueError):
    """The log has no entry or size like that."""


def root(size: int | None = None) -> merkle.Hash:
    """Root of the tree of the first ``size`` entries; of all when left out.

    Raises:
        ProofUnavailable: when the log is smaller.
    """
    at = tree.size() if size is None else size
    if not 0 <= at <= tree.size():
        raise ProofUnavailable(f"the log has {tree.size()} entries, not {at}")
    return tree.frontier(at).root()


def inclusion_proof(index: int, size: int) -> list[merkle.Hash]:
    """Proof that entry ``index`` is in the tree of the first ``size`` entries.

    Raises:
        ProofUnavailable: unless ``0 <= index < size <= size of the log``.
    """
    if not 0 <= index < size or size > tree.size():
        raise ProofUnavailable(f"no proof of entry {index} in a tree of {size}: the log has {tree.size()} entries")
    return _hashes(merkle.inclusion_ranges(index, size))


def consistency_proof(old: int, new: int) -> list[merkle.Hash]:
    """Proof that the tree of ``old`` entries is a prefix of the tree of ``new`` entries.

    Raises:
        ProofUnavailable: unless ``0 <= old <= new <= size of the log``.
    """
    if not 0 <= old <= new or new > tree.size():
        raise ProofUnavailable(f"no proof from size {old} to size {new}: the log has {tree.size()} entries")
    return _hashes(merkle.consistency_ranges(old, new))


def _hashes(ranges: list[merkle.Range]) -> list[merkle.Hash]:
    covers = [merkle.complete_subtrees(lo, hi) for lo, hi in ranges]
    found = tree.stored_nodes({name for cover in covers for name in cover})
    return [merkle.fold([found[name] for name in cover]) for cover in covers]
