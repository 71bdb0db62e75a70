"""C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint): a signed note whose text is origin, tree size and root.

Standard library and ``safeguards.crypto`` only; the stand-alone verifier uses it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from safeguards.crypto.keys import SigningKey

from .merkle import HASH_BYTES, Hash
from .note import Note, NoteKey, NoteMalformed

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Head:
    """What a checkpoint says: the log ``origin`` had ``size`` leaves and this root."""

    origin: str
    size: int
    root: Hash

    def text(self) -> str:
        """The note text: three lines, no extensions."""
        if "\n" in self.origin or not self.origin:
            raise ValueError("the origin is one non-empty line")
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Read the note text. Extension lines are allowed and ignored.

        Raises:
            NoteMalformed: when it is not a checkpoint.
        """
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise NoteMalformed("a checkpoint has at least three non-empty lines")
        origin, size, encoded = lines[:3]
        try:
            root = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as error:
            raise NoteMalformed("the root hash is not base64") from error
        if len(root) != HASH_BYTES or base64.b64encode(root).decode() != encoded:
            raise NoteMalformed("the root hash is not 32 bytes in canonical base64")
        if not _SIZE.fullmatch(size):
            raise NoteMalformed("the tree size is not a decimal number without leading zeros")
        return cls(origin, int(size), root)


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A checkpoint with its signature lines."""

    head: Head
    note: Note

    @classmethod
    def parse(cls, data: bytes) -> SignedHead:
        """Read a checkpoint file; nothing is verified yet.

        Raises:
            NoteMalformed: when it is not a signed note, or its text is not a checkpoint.
        """
        note = Note.parse(data)
        return cls(Head.parse(note.text), note)

    def verified_by(self, keys: Sequence[NoteKey]) -> list[NoteKey]:
        """The keys among ``keys`` that signed this checkpoint.

        Raises:
            NoteUnverified: when none did, or a known key's signature does not fit.
        """
        return self.note.verified_by(keys)


def sign(head: Head, keys: Sequence[SigningKey]) -> SignedHead:
    """Sign a head under the log's name with each key, in order.

    Raises:
        ValueError: without a key.
    """
    if not keys:
        raise ValueError("a checkpoint needs at least one signing key")
    note = Note(head.text(), ())
    for key in keys:
        note = note.signed_by(head.origin, key)
    return SignedHead(head, note)
