"""The stored tree: its size and the hashes of its complete subtrees."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from . import merkle
from .models import Entry, Node


def size() -> int:
    """Number of entries."""
    last = Entry.objects.order_by("-index").values_list("index", flat=True).first()
    return 0 if last is None else int(last) + 1


def stored_nodes(names: Iterable[merkle.Node]) -> dict[merkle.Node, merkle.Hash]:
    """Hashes of complete subtrees, level 0 (leaves) included, in at most two queries.

    Raises:
        LookupError: when one is not stored, which means that rows were removed behind the log's back.
    """
    places: dict[int, list[int]] = {}
    for level, index in names:
        places.setdefault(level, []).append(index)
    found: dict[merkle.Node, merkle.Hash] = {}
    leaves = places.pop(0, [])
    if leaves:
        for index, value in Entry.objects.filter(index__in=leaves).values_list("index", "leaf_hash"):
            found[0, index] = bytes(value)
    if places:
        condition = Q()
        for level, indexes in places.items():
            condition |= Q(level=level, index__in=indexes)
        for level, index, value in Node.objects.filter(condition).values_list("level", "index", "hash"):
            found[level, index] = bytes(value)
    expected = {(0, index) for index in leaves} | {(lv, index) for lv, indexes in places.items() for index in indexes}
    missing = sorted(expected - found.keys())
    if missing:
        level, index = missing[0]
        raise LookupError(f"the log's tree lacks node {level}/{index}: rows were removed; compare with an export")
    return found


def frontier(at_size: int) -> merkle.Frontier:
    """The peaks of the tree as it was at ``at_size``, ready to grow.

    Raises:
        LookupError: when a node is not stored.
    """
    names = merkle.complete_subtrees(0, at_size)
    found = stored_nodes(names)
    return merkle.Frontier(at_size, [found[name] for name in names])
