"""Verifying a few entries by their proofs: each leaf is hashed again and led up to the root of a signed checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import merkle
from .checkpoint import SignedHead
from .note import NoteMalformed, NoteUnverified
from .rows import RESTORE, read_row
from .trust import Rotation, Trust
from .verdict import Assurance, Fault, Problem, Report


def verify_entries(
    entries: Iterable[Mapping[str, Any]],
    *,
    header: Mapping[str, Any],
    signed: SignedHead,
    anchors: Sequence[SignedHead],
    trust: Trust,
    report: Report,
) -> None:
    """Verify single entries against the bundle's checkpoint and write the outcome to ``report``.

    Args:
        entries: elements of the bundle, each with ``proof``.
        header: the bundle's other members.
        signed: the checkpoint that the proofs lead to.
        anchors: checkpoints the auditor kept outside.
        trust: keys that count.
        report: filled in.
    """
    _follow_rotations(header.get("rotations"), trust)
    try:
        signers, cosigners = trust.signers(signed), trust.cosigners(signed)
    except NoteUnverified as error:
        report.problems.append(
            Problem(
                Fault.CHECKPOINT_FORGED, f"The bundled checkpoint is not genuine: {error}.", "Ask for a new bundle."
            )
        )
        return
    if trust.any and not signers:
        report.problems.append(
            Problem(
                Fault.NOT_SIGNED,
                "The bundled checkpoint is not signed by a key of the key file.",
                "Check that the key file belongs to this log and names its present key.",
            )
        )
        return
    for entry in entries:
        report.entries += 1
        problem = _entry(entry, signed)
        if problem is not None:
            report.problems.append(problem)
            return
    if signers:
        report.coverage[Assurance.SIGNED] = signed.head.size
        if cosigners:
            report.coverage[Assurance.WITNESSED] = signed.head.size
    report.signers = [f"{key.name} ({key.key_id.hex()})" for key in (*signers, *cosigners)]
    for anchor in anchors:
        problem = _anchor(anchor, signed, header, trust)
        if problem is not None:
            report.problems.append(problem)
            return
        if signers:
            covered = max(anchor.head.size, report.coverage.get(Assurance.ANCHORED, 0))
            report.coverage[Assurance.ANCHORED] = min(covered, signed.head.size)


def _entry(entry: Mapping[str, Any], signed: SignedHead) -> Problem | None:
    row = read_row(entry)
    index = row.record.index if row.record else entry.get("index")
    place = index if isinstance(index, int) else None
    if row.record is None or row.hashed != row.stored or entry.get("index") != row.record.index:
        return Problem(
            Fault.EDITED, f"Entry {place} was edited: leaf, hash and index do not belong together.", RESTORE, place
        )
    try:
        proof = _hashes(entry.get("proof"))
        merkle.verify_inclusion(row.record.index, signed.head.size, row.hashed, proof, signed.head.root)
    except merkle.ProofInvalid as error:
        return Problem(
            Fault.PROOF_INVALID,
            f"Entry {place} is not proven to be in the log of size {signed.head.size}: {error}.",
            "The entry was changed or never logged. Ask for the whole log and verify that.",
            place,
        )
    return None


def _anchor(anchor: SignedHead, signed: SignedHead, header: Mapping[str, Any], trust: Trust) -> Problem | None:
    old, new = sorted((anchor, signed), key=lambda item: item.head.size)
    try:
        if trust.any and not trust.signers(anchor):
            raise merkle.ProofInvalid("no trusted key signed it")
        proof = _consistency(header.get("consistency"), old.head.size, new.head.size)
        merkle.verify_consistency(old.head.size, new.head.size, proof, old.head.root, new.head.root)
        if anchor.head.origin != signed.head.origin:
            raise merkle.ProofInvalid("it is of another log")
    except (merkle.ProofInvalid, NoteUnverified) as error:
        return Problem(
            Fault.REWRITTEN,
            f"The checkpoint you gave (size {anchor.head.size}) does not connect to the bundle's "
            f"(size {signed.head.size}): {error}.",
            f"Ask for a bundle with a consistency proof from size {old.head.size}; if that cannot be made, the log "
            "showed you two histories.",
        )
    return None


def _consistency(proofs: Any, old: int, new: int) -> list[merkle.Hash]:
    if old == new:
        return []
    for item in proofs if isinstance(proofs, list) else []:
        if isinstance(item, dict) and item.get("old") == old and item.get("new") == new:
            return _hashes(item.get("proof"))
    raise merkle.ProofInvalid("the bundle holds no consistency proof between the two")


def _hashes(value: Any) -> list[merkle.Hash]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise merkle.ProofInvalid("the proof is missing")
    try:
        return [bytes.fromhex(item) for item in value]
    except ValueError as error:
        raise merkle.ProofInvalid("the proof is not hexadecimal") from error


def _follow_rotations(items: Any, trust: Trust) -> None:
    """Take over new keys whose rotation leaf is proven to end a tree that a trusted key signed."""
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, dict) or not isinstance(item.get("checkpoint"), str):
            continue
        try:
            row = read_row(item)
            rotation = Rotation.from_record(row.record) if row.record else None
            if rotation is None:
                continue
            signed = SignedHead.parse(item["checkpoint"].encode())
            if signed.head.size != rotation.size:
                continue
            proof = _hashes(item.get("proof"))
            merkle.verify_inclusion(rotation.index, rotation.size, row.hashed, proof, signed.head.root)
            trust.follow(rotation, signed)
        except (NoteMalformed, NoteUnverified, merkle.ProofInvalid):
            continue
