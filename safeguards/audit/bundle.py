"""Exporting the log for auditors: one JSON file that ``safeguards.audit.verify`` checks on its own.

Two kinds share the format ``vivavoce-log/1`` (docs/audit-log.md): ``log`` holds every entry up to a checkpoint,
``entries`` holds chosen entries, each with its inclusion proof. Both hold the checkpoints with their signatures.
Written line by line, whatever the size.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from . import logkeys, proofs
from .checkpoints import checkpoint_latest
from .errors import NothingSigned
from .models import Checkpoint, Entry
from .trust import LOG_KEY_ROTATED
from .verify import FORMAT


def export_log(out: TextIO, *, size: int | None = None) -> int:
    """Write the whole log up to a checkpoint; returns the number of entries.

    Args:
        out: text file, written line by line.
        size: a checkpoint's size; the latest one when left out.

    Raises:
        NothingSigned: when there is no checkpoint (of that size).
    """
    last = _checkpoint(size)
    checkpoints = Checkpoint.objects.filter(size__lte=last.size).order_by("size")
    header: dict[str, Any] = {
        "format": FORMAT,
        "kind": "log",
        "origin": logkeys.origin(),
        "size": last.size,
        "keys": _keys(),
        "checkpoints": [checkpoint.note for checkpoint in checkpoints],
    }
    rows = Entry.objects.filter(index__lt=last.size).order_by("index").values_list("leaf", "leaf_hash")
    lines = ({"leaf": bytes(leaf).decode(), "hash": bytes(digest).hex()} for leaf, digest in rows.iterator(2000))
    return _write(out, header, lines)


def export_entries(out: TextIO, indexes: Iterable[int], *, size: int | None = None, since: Sequence[int] = ()) -> int:
    """Write chosen entries, each with its inclusion proof; returns their number.

    Args:
        out: text file.
        indexes: which entries, such as those of one clip.
        size: the checkpoint that the proofs lead to; the latest one when left out.
        since: sizes of checkpoints that the auditor holds; a consistency proof is added for each.

    Raises:
        NothingSigned: when no checkpoint covers an entry.
        ProofUnavailable: for a size or index beyond the log.
    """
    last = _checkpoint(size)
    wanted = sorted(set(indexes))
    if wanted and wanted[-1] >= last.size:
        raise NothingSigned(f"entry {wanted[-1]} is not covered by a checkpoint yet: run checkpoint_create() first")
    header: dict[str, Any] = {
        "format": FORMAT,
        "kind": "entries",
        "origin": logkeys.origin(),
        "size": last.size,
        "keys": _keys(),
        "checkpoints": [last.note],
        "rotations": _rotations(last.size),
        "consistency": [
            {"old": old, "new": last.size, "proof": _hex(proofs.consistency_proof(old, last.size))}
            for old in sorted(set(since))
        ],
    }
    return _write(out, header, (_proven(index, last.size) for index in wanted))


def subject_indexes(*subjects: str) -> list[int]:
    """Indexes of all entries about these subjects, in order: a clip's with its request, grant and consent."""
    rows = Entry.objects.filter(subject__in=subjects).order_by("index")
    return list(rows.values_list("index", flat=True))


def key_file() -> str:
    """The log's public keys as a key file for auditors: one vkey per line, with a comment saying since when."""
    return "".join(f"# valid from tree size {start}\n{key}\n" for key, start in logkeys.published())


def _checkpoint(size: int | None) -> Checkpoint:
    found = checkpoint_latest() if size is None else Checkpoint.objects.filter(pk=size).first()
    if found is None:
        raise NothingSigned("there is no such checkpoint: run checkpoint_create() first")
    return found


def _keys() -> list[dict[str, Any]]:
    return [{"vkey": str(key), "from_size": start} for key, start in logkeys.published()]


def _hex(hashes: Iterable[bytes]) -> list[str]:
    return [item.hex() for item in hashes]


def _proven(index: int, size: int) -> dict[str, Any]:
    entry = Entry.objects.get(pk=index)
    return {
        "index": index,
        "leaf": bytes(entry.leaf).decode(),
        "hash": bytes(entry.leaf_hash).hex(),
        "proof": _hex(proofs.inclusion_proof(index, size)),
    }


def _rotations(size: int) -> list[dict[str, Any]]:
    """Every key rotation with the checkpoint both keys signed, so that an old key file leads to the present key."""
    found: list[dict[str, Any]] = []
    for entry in Entry.objects.filter(type=LOG_KEY_ROTATED, index__lt=size).order_by("index"):
        checkpoint = Checkpoint.objects.filter(pk=entry.index + 1).first()
        if checkpoint is not None:
            found.append(_proven(entry.index, entry.index + 1) | {"checkpoint": checkpoint.note})
    return found


def _write(out: TextIO, header: dict[str, Any], entries: Iterable[dict[str, Any]]) -> int:
    out.write("{\n")
    out.writelines(f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)},\n" for name, value in header.items())
    out.write('"entries": [')
    count = 0
    for entry in entries:
        out.write(",\n" if count else "\n")
        out.write(json.dumps(entry, ensure_ascii=False, separators=(",", ":")))
        count += 1
    out.write("\n]\n}\n")
    return count
