"""Whose signature counts, at which tree size.

An auditor trusts the keys of their key file. A key hands over to the next by a ``LOG_KEY_ROTATED`` leaf that ends a
tree which the old key signed; from that size on the new key counts and the old one does not. A second signature line
alone would not do: anybody can add a line to a note, but only the old key can sign a root that contains the leaf.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from safeguards.crypto.errors import KeyMalformed
from safeguards.crypto.keys import NOTE_COSIGNATURE

from .checkpoint import SignedHead
from .leaf import Record
from .note import NoteKey, NoteUnverified

# events.EventType.LOG_KEY_ROTATED; that module is not imported because this one stands alone with the verifier.
LOG_KEY_ROTATED = 1301


@dataclass(frozen=True, slots=True)
class Rotation:
    """The log's key changed with the leaf at ``index``."""

    index: int
    old: NoteKey
    new: NoteKey

    @property
    def size(self) -> int:
        """Tree size that both keys sign."""
        return self.index + 1

    @classmethod
    def from_record(cls, record: Record) -> Rotation | None:
        """Read a leaf; None when it does not record a rotation with two well-formed keys."""
        old, new = record.body.get("old"), record.body.get("new")
        if record.type != LOG_KEY_ROTATED or not isinstance(old, str) or not isinstance(new, str):
            return None
        try:
            return cls(record.index, NoteKey.parse(old), NoteKey.parse(new))
        except KeyMalformed:
            return None


class Trust:
    """The keys that count, each with the range of tree sizes it may sign."""

    def __init__(self, keys: Iterable[NoteKey], witnesses: Iterable[NoteKey] = ()) -> None:
        self._spans: dict[NoteKey, tuple[int, int | None]] = dict.fromkeys(keys, (0, None))
        self.witnesses = tuple(witnesses)
        if any(key.kind != NOTE_COSIGNATURE for key in self.witnesses):
            raise KeyMalformed("a witness key has kind 0x04")

    @property
    def any(self) -> bool:
        """Whether the auditor named a key at all."""
        return bool(self._spans)

    def keys_at(self, size: int) -> list[NoteKey]:
        """Keys that may sign a tree of this size."""
        return [key for key, (start, end) in self._spans.items() if start <= size and (end is None or size <= end)]

    def narrow(self, rotations: Sequence[Rotation]) -> None:
        """Limit keys that are trusted already to their time; call it with rotations proven to be in the log."""
        for rotation in rotations:
            if rotation.old in self._spans:
                self._spans[rotation.old] = (self._spans[rotation.old][0], rotation.size)
            if rotation.new in self._spans:
                self._spans[rotation.new] = (rotation.size, self._spans[rotation.new][1])

    def follow(self, rotation: Rotation, signed: SignedHead) -> None:
        """Trust the new key, since ``signed`` (whose last leaf is the rotation) was signed by the old one.

        Raises:
            NoteUnverified: when the old key is not trusted or did not sign, or the new key did not sign too.
        """
        if rotation.old not in self.keys_at(rotation.size):
            raise NoteUnverified("the rotation hands over from a key that is not trusted")
        signers = signed.verified_by([rotation.old, rotation.new])
        if len(signers) != 2:
            raise NoteUnverified("the checkpoint of a key rotation must be signed by the old and the new key")
        self._spans[rotation.old] = (self._spans[rotation.old][0], rotation.size)
        self._spans.setdefault(rotation.new, (rotation.size, None))

    def signers(self, signed: SignedHead) -> list[NoteKey]:
        """Trusted log keys that signed this checkpoint; empty when only unknown or retired keys did.

        Raises:
            NoteUnverified: when a line of a trusted key does not verify.
        """
        return self._among(signed, self.keys_at(signed.head.size))

    def cosigners(self, signed: SignedHead) -> list[NoteKey]:
        """Trusted witnesses that cosigned this checkpoint.

        Raises:
            NoteUnverified: when a line of a trusted witness does not verify.
        """
        return self._among(signed, self.witnesses)

    @staticmethod
    def _among(signed: SignedHead, keys: Sequence[NoteKey]) -> list[NoteKey]:
        named = {(key.name, key.key_id) for key in keys}
        if not any((line.name, line.key_id) in named for line in signed.note.signatures):
            return []
        return signed.verified_by(keys)
