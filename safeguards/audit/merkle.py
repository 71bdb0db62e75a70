"""Merkle tree of RFC 6962 §2.1 with the verification algorithms of RFC 9162 §2.1.3.2 and §2.1.4.2.

Pure functions over hashes, standard library only. A *range* ``(lo, hi)`` stands for the leaves ``lo`` to ``hi - 1``; a
*node* ``(level, index)`` for the complete subtree over the leaves ``index * 2**level`` to ``(index + 1) * 2**level -
1``. Complete subtrees never change once written, so whoever stores their hashes can make any root or proof from O(log
n) of them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

Hash: TypeAlias = bytes
Range: TypeAlias = tuple[int, int]
Node: TypeAlias = tuple[int, int]

HASH_BYTES = 32
LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
EMPTY_ROOT = hashlib.sha256(b"").digest()


class ProofInvalid(Exception):
    """A proof does not connect what it claims to connect."""


def leaf_hash(leaf: bytes) -> Hash:
    """SHA-256(0x00 ‖ leaf)."""
    return hashlib.sha256(LEAF_PREFIX + leaf).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(NODE_PREFIX + left + right).digest()


def split(size: int) -> int:
    """The largest power of two smaller than ``size`` (``k`` of RFC 6962 §2.1); ``size`` must be at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def complete_subtrees(lo: int, hi: int) -> list[Node]:
    """The fewest complete subtrees that cover ``lo..hi``, left to right. ``lo`` must be a multiple of each subtree it
    starts.

    For ``lo = 0`` these are the peaks of a tree of ``hi`` leaves: one per set bit of ``hi``.
    """
    nodes: list[Node] = []
    position = lo
    while position < hi:
        level = (hi - position).bit_length() - 1
        if position:
            level = min(level, (position & -position).bit_length() - 1)
        nodes.append((level, position >> level))
        position += 1 << level
    return nodes


def range_hash(lo: int, hi: int, node: Callable[[Node], Hash]) -> Hash:
    """MTH of the leaves of a range, from stored complete subtrees.

    Args:
        lo: first leaf; the start of a subtree in some tree.
        hi: one after the last leaf.
        node: returns the hash of a complete subtree.
    """
    if lo == hi:
        return EMPTY_ROOT
    hashes = [node(name) for name in complete_subtrees(lo, hi)]
    return fold(hashes)


def fold(peaks: Sequence[Hash]) -> Hash:
    """Root over peaks given left to right; the right-most are joined first. Empty gives the root of the empty tree."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def new_nodes(index: int) -> list[Node]:
    """Complete subtrees of level 1 and up that leaf ``index`` completes, lowest first: one per trailing one bit."""
    nodes: list[Node] = []
    level = 1
    while index & 1:
        index >>= 1
        nodes.append((level, index))
        level += 1
    return nodes


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges whose hashes form PATH(index, D[size]) (RFC 6962 §2.1.1), in proof order.

    Raises:
        ValueError: unless ``0 <= index < size``.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    path: list[Range] = []
    lo, hi = 0, size
    while hi - lo > 1:
        middle = lo + split(hi - lo)
        if index < middle:
            path.append((middle, hi))
            hi = middle
        else:
            path.append((lo, middle))
            lo = middle
    return path[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """The ranges whose hashes form PROOF(old, D[new]) (RFC 6962 §2.1.2), in proof order.

    Raises:
        ValueError: unless ``0 <= old <= new``.
    """
    if not 0 <= old <= new:
        raise ValueError(f"no consistency proof leads from size {old} to size {new}")
    if old in {0, new}:
        return []
    path: list[Range] = []
    lo, hi = 0, new
    whole = True  # the old tree is a complete subtree of the new one as far as we have descended
    while hi != old:
        middle = lo + split(hi - lo)
        if old <= middle:
            path.append((middle, hi))
            hi = middle
        else:
            path.append((lo, middle))
            lo = middle
            whole = False
    if not whole:
        path.append((lo, hi))
    return path[::-1]


def _same(computed: Hash, claimed: Hash, what: str) -> None:
    if not hmac.compare_digest(computed, claimed):
        raise ProofInvalid(f"the proof does not lead to the {what}")


def verify_inclusion(index: int, size: int, leaf: Hash, proof: Sequence[Hash], root: Hash) -> None:
    """Check that ``leaf`` (a leaf hash) stands at ``index`` in the tree of ``size`` with ``root``.

    Raises:
        ProofInvalid: when it does not, or the proof has the wrong length.
    """
    if not 0 <= index < size:
        raise ProofInvalid(f"leaf {index} is not in a tree of {size}")
    if len(proof) != len(inclusion_ranges(index, size)) or any(len(item) != HASH_BYTES for item in proof):
        raise ProofInvalid("the inclusion proof has the wrong length")
    fn, sn = index, size - 1
    computed = leaf
    for item in proof:
        if fn & 1 or fn == sn:
            computed = node_hash(item, computed)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            computed = node_hash(computed, item)
        fn >>= 1
        sn >>= 1
    _same(computed, root, "root")


def verify_consistency(old: int, new: int, proof: Sequence[Hash], old_root: Hash, new_root: Hash) -> None:
    """Check that the tree of ``old`` leaves is a prefix of the tree of ``new`` leaves.

    Raises:
        ProofInvalid: when it is not, or the proof has the wrong length.
    """
    if not 0 <= old <= new:
        raise ProofInvalid(f"a log of size {new} cannot continue one of size {old}")
    if len(proof) != len(consistency_ranges(old, new)) or any(len(item) != HASH_BYTES for item in proof):
        raise ProofInvalid("the consistency proof has the wrong length")
    if old == 0:
        _same(EMPTY_ROOT, old_root, "empty root")
        return
    if old == new:
        _same(old_root, new_root, "same root")
        return
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    first = second = path[0]
    for item in path[1:]:
        if fn & 1 or fn == sn:
            first = node_hash(item, first)
            second = node_hash(item, second)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            second = node_hash(second, item)
        fn >>= 1
        sn >>= 1
    _same(first, old_root, "old root")
    _same(second, new_root, "new root")


class Frontier:
    """The peaks of a growing tree: append leaf hashes, ask for the root. Holds O(log n) hashes."""

    def __init__(self, size: int = 0, peaks: Iterable[Hash] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} has {size.bit_count()} peaks, got {len(self.peaks)}")

    def append(self, leaf: Hash) -> None:
        """Add one leaf hash."""
        index = self.size
        while index & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            index >>= 1
        self.peaks.append(leaf)
        self.size += 1

    def root(self) -> Hash:
        """Root of the tree so far."""
        return fold(self.peaks)
