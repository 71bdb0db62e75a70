"""C2SP signed notes (https://c2sp.org/signed-note): text, a blank line, signature lines.

``— name base64(key id ‖ signature)``. A key is named by its name and four-byte id together; lines of unknown keys are
ignored, a line of a known key that does not verify rejects the note. Keys travel as *vkey* lines
``name+hash+base64(kind ‖ public key)``, the encoding of golang.org/x/mod/sumdb/note.

Also the timestamped witness signatures of https://c2sp.org/tlog-cosignature (kind 0x04, header ``cosignature/v1``).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from safeguards.crypto.errors import CryptoError, KeyMalformed, SignatureInvalid
from safeguards.crypto.keys import NOTE_COSIGNATURE, NOTE_ED25519, SIGNATURE_BYTES, SigningKey, VerifyKey

MAX_SIGNATURES = 64
MAX_NOTE_BYTES = 1 << 20
_MARK = "— "
_TIME_BYTES = 8
# Names may hold no Unicode space and no plus (signed-note, "Format").
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]+")


class NoteMalformed(ValueError):
    """The bytes are not a signed note."""


class NoteUnverified(Exception):
    """No trusted key signed the note, or one of its known keys does not fit."""


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key with its note name; ``kind`` tells a log key (0x01) from a witness key (0x04)."""

    name: str
    key: VerifyKey
    kind: int = NOTE_ED25519

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise KeyMalformed("a key name holds no spaces, no plus and no control characters")
        if self.kind not in {NOTE_ED25519, NOTE_COSIGNATURE}:
            raise KeyMalformed(f"key kind {self.kind:#04x} is not Ed25519 (0x01) nor a cosignature key (0x04)")

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key beside its name."""
        return self.key.key_id(self.name, self.kind)

    @classmethod
    def parse(cls, vkey: str) -> NoteKey:
        """Read ``name+hash+base64(kind ‖ public key)``.

        Raises:
            KeyMalformed: for another form, or a hash that does not fit.
        """
        name, _, rest = vkey.strip().partition("+")
        digest, _, material = rest.partition("+")
        try:
            data = base64.b64decode(material, validate=True)
        except (binascii.Error, ValueError) as error:
            raise KeyMalformed("not a verifier key: its last part is not base64") from error
        if not data or base64.b64encode(data).decode() != material:
            raise KeyMalformed("not a verifier key: its last part is not base64 in canonical form")
        found = cls(name, VerifyKey.from_bytes(data[1:]), data[0])
        if not re.fullmatch(r"[0-9a-f]{8}", digest) or bytes.fromhex(digest) != found.key_id:
            raise KeyMalformed("not a verifier key: its hash does not fit name and key")
        return found

    def __str__(self) -> str:
        material = base64.b64encode(bytes([self.kind]) + self.key.to_bytes()).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line, not yet checked."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_MARK}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """Text (ending in a newline) and its signature lines."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """Split a note into text and signatures; nothing is verified yet.

        Raises:
            NoteMalformed: when the bytes do not follow the format.
        """
        if len(data) > MAX_NOTE_BYTES:
            raise NoteMalformed("the note is larger than 1 MB")
        try:
            content = data.decode()
        except UnicodeDecodeError as error:
            raise NoteMalformed("the note is not UTF-8") from error
        if any(character < " " and character != "\n" for character in content):
            raise NoteMalformed("the note holds a control character")
        head, gap, tail = content.rpartition("\n\n")
        if not gap or not tail.endswith("\n"):
            raise NoteMalformed("the note has no signature block after a blank line")
        lines = tail[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise NoteMalformed(f"the note has more than {MAX_SIGNATURES} signatures")
        return cls(head + "\n", tuple(_signature(line) for line in lines))

    def to_bytes(self) -> bytes:
        """The note as it is stored and exchanged."""
        return (self.text + "\n" + "".join(map(str, self.signatures))).encode()

    def signed_by(self, name: str, key: SigningKey) -> Note:
        """The same note with one more signature line."""
        signature = Signature(name, key.verify_key.key_id(name), key.sign_note(self.text.encode()))
        return Note(self.text, (*self.signatures, signature))

    def verified_by(self, keys: Sequence[NoteKey]) -> list[NoteKey]:
        """The keys among ``keys`` that signed this text.

        Raises:
            NoteUnverified: when a line of a known key does not verify, or no known key signed.
        """
        known = {(key.name, key.key_id): key for key in keys}
        found: list[NoteKey] = []
        for line in self.signatures:
            key = known.get((line.name, line.key_id))
            if key is None or key in found:
                continue
            try:
                _verify_line(key, self.text, line)
            except SignatureInvalid as error:
                raise NoteUnverified(f"the signature of {key.name} ({key.key_id.hex()}) does not verify") from error
            found.append(key)
        if not found:
            raise NoteUnverified("no trusted key signed this note")
        return found


def cosignature(text: str, name: str, key: SigningKey, seconds: int) -> Signature:
    """Sign a checkpoint as a witness: it was consistent with all seen before, as of POSIX time ``seconds``."""
    stamp = seconds.to_bytes(_TIME_BYTES, "big")
    return Signature(
        name, key.verify_key.key_id(name, NOTE_COSIGNATURE), stamp + key.sign_note(_cosigned(text, seconds))
    )


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _verify_line(key: NoteKey, text: str, line: Signature) -> None:
    if key.kind == NOTE_ED25519:
        key.key.verify_note(text.encode(), line.signature)
        return
    if len(line.signature) != _TIME_BYTES + SIGNATURE_BYTES:
        raise SignatureInvalid("a cosignature has 72 bytes")
    seconds = int.from_bytes(line.signature[:_TIME_BYTES], "big")
    key.key.verify_note(_cosigned(text, seconds), line.signature[_TIME_BYTES:])


def _signature(line: str) -> Signature:
    if not line.startswith(_MARK):
        raise NoteMalformed("a signature line must begin with an em dash and a space")
    name, _, encoded = line[len(_MARK) :].partition(" ")
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteMalformed("a signature is not base64") from error
    if not _NAME.fullmatch(name) or len(data) < 5 or base64.b64encode(data).decode() != encoded:
        raise NoteMalformed("a signature line does not have the form '— name base64'")
    return Signature(name, data[:4], data[4:])


def parse_keys(text: str) -> list[NoteKey]:
    """Read a key file: one vkey per line; blank lines and lines starting with # are skipped.

    Raises:
        KeyMalformed: for a line that is not a vkey, or when there is none.
    """
    lines = [line.strip() for line in text.splitlines()]
    keys = [NoteKey.parse(line) for line in lines if line and not line.startswith("#")]
    if not keys:
        raise KeyMalformed("the key file holds no key")
    return keys


__all__ = [
    "CryptoError",
    "Note",
    "NoteKey",
    "NoteMalformed",
    "NoteUnverified",
    "Signature",
    "cosignature",
    "parse_keys",
]
