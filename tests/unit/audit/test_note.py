"""Signed notes and checkpoints against the vectors of golang.org/x/mod/sumdb/note and a verifier written again from the specification."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from safeguards.audit.checkpoint import Head, SignedHead, sign
from safeguards.audit.note import Note, NoteKey, NoteMalformed, NoteUnverified, cosignature, parse_keys
from safeguards.crypto.errors import KeyMalformed
from safeguards.crypto.keys import NOTE_COSIGNATURE, SigningKey

# golang.org/x/mod/sumdb/note/note_test.go
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SECRET = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
GO_NOTE = (GO_TEXT + "\n" + GO_LINE).encode()

ORIGIN = "log.test/a"
KEY = SigningKey.from_bytes(bytes(range(32)))
NOTE_KEY = NoteKey(ORIGIN, KEY.verify_key)
HEAD = Head(ORIGIN, 42, hashlib.sha256(b"root").digest())


def foreign_open(note: bytes, vkey: str) -> tuple[str, int, bytes]:
    """A second verifier, from the C2SP texts and on ``cryptography`` alone: origin, size and root of a checkpoint."""
    name, digest, material = vkey.split("+", 2)
    kind_and_key = base64.b64decode(material)
    assert kind_and_key[0] == 1
    key_id = hashlib.sha256(name.encode() + b"\n" + kind_and_key).digest()[:4]
    assert key_id.hex() == digest
    end = note.rindex(b"\n\n")
    text, block = note[: end + 1], note[end + 2 :]
    for line in block.decode().splitlines():
        dash, signer, blob = line.split(" ")
        assert dash == "\u2014"
        data = base64.b64decode(blob)
        if signer == name and data[:4] == key_id:
            Ed25519PublicKey.from_public_bytes(kind_and_key[1:]).verify(data[4:], text)
            origin, size, root = text.decode().split("\n")[:3]
            return origin, int(size), base64.b64decode(root)
    raise AssertionError("not signed by this key")


def test_the_go_note_verifies_here() -> None:
    note = Note.parse(GO_NOTE)
    assert note.text == GO_TEXT
    assert [str(key) for key in note.verified_by([NoteKey.parse(GO_KEY)])] == [GO_KEY]


def test_the_go_signer_makes_the_same_bytes_here() -> None:
    made = Note(GO_TEXT, ()).signed_by("PeterNeumann", SigningKey.from_bytes(GO_SECRET))
    assert made.to_bytes() == GO_NOTE


def test_every_mangled_go_key_is_refused() -> None:
    """The manglings of note_test.go: every proper substring, every byte raised by one."""
    for start in range(len(GO_KEY)):
        for end in range(start, len(GO_KEY) + 1):
            if (start, end) != (0, len(GO_KEY)):
                with pytest.raises(KeyMalformed):
                    NoteKey.parse(GO_KEY[start:end])
    for position, character in enumerate(GO_KEY):
        with pytest.raises(KeyMalformed):
            NoteKey.parse(GO_KEY[:position] + chr(ord(character) + 1) + GO_KEY[position + 1 :])


@pytest.mark.parametrize(
    "vkey",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_go_keys_of_wrong_length_or_algorithm_are_refused(vkey: str) -> None:
    with pytest.raises(KeyMalformed):
        NoteKey.parse(vkey)


def test_a_foreign_verifier_reads_our_checkpoint() -> None:
    note = sign(HEAD, [KEY]).note.to_bytes()
    assert foreign_open(note, str(NOTE_KEY)) == (ORIGIN, 42, HEAD.root)


def test_a_foreign_verifier_finds_either_key_of_a_rotation_checkpoint() -> None:
    new = SigningKey.from_bytes(bytes(32))
    note = sign(HEAD, [KEY, new]).note.to_bytes()
    assert foreign_open(note, str(NOTE_KEY)) == foreign_open(note, str(NoteKey(ORIGIN, new.verify_key)))


def test_the_specification_example_of_a_checkpoint_parses() -> None:
    """c2sp.org/tlog-checkpoint and c2sp.org/tlog-cosignature, examples."""
    text = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE"
        "+xeMcTOAYQ8=\n"
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe"
        "+mbIUBkBIfZ+qnA==\n"
    )
    signed = SignedHead.parse(text.encode())
    assert (signed.head.origin, signed.head.size) == ("example.com/behind-the-sofa", 20852163)
    assert [line.name for line in signed.note.signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    assert int.from_bytes(signed.note.signatures[1].signature[:8], "big") == 1679315147
    assert signed.note.to_bytes() == text.encode()


@pytest.mark.parametrize(
    "note",
    [
        b"",
        GO_TEXT.encode(),
        GO_TEXT.encode() + b"\n",
        GO_NOTE[:-1],
        GO_NOTE.replace(b"\xe2\x80\x94", b"-"),
        GO_NOTE.replace(b" x08", b"  x08"),
        GO_NOTE.replace(b"x08g", b"x08*"),
        GO_NOTE.replace(b"nAM=", b"nAN="),
        GO_NOTE.replace(b"problem,", b"problem,\x07"),
        GO_NOTE.replace(b"problem,", b"problem,\xff"),
        GO_NOTE + b"trailing\n",
        (GO_TEXT + "\n" + "— a+b AAAAAAA=\n").encode(),
        (GO_TEXT + "\n" + "— a AAAA\n").encode(),
        (GO_TEXT + "\n" + GO_LINE * 65).encode(),
        bytes(1 << 20) + b"x",
    ],
)
def test_a_malformed_note_is_refused(note: bytes) -> None:
    with pytest.raises(NoteMalformed):
        Note.parse(note)


def test_a_changed_text_is_not_verified() -> None:
    note = Note.parse(GO_NOTE.replace(b"answer", b"anser!"))
    with pytest.raises(NoteUnverified, match="PeterNeumann"):
        note.verified_by([NoteKey.parse(GO_KEY)])


def test_lines_of_unknown_keys_are_ignored_but_do_not_suffice() -> None:
    note = Note.parse(GO_NOTE).signed_by("somebody", KEY)
    assert len(note.verified_by([NoteKey.parse(GO_KEY)])) == 1
    with pytest.raises(NoteUnverified, match="no trusted key"):
        note.verified_by([NOTE_KEY])
    with pytest.raises(NoteUnverified, match="no trusted key"):
        note.verified_by([])


def test_same_name_with_another_key_is_not_trusted() -> None:
    impostor = SigningKey.from_bytes(bytes(32))
    with pytest.raises(NoteUnverified):
        sign(HEAD, [impostor]).verified_by([NOTE_KEY])


def test_a_witness_cosignature_verifies_and_binds_its_time() -> None:
    witness = SigningKey.from_bytes(b"w" * 32)
    vkey = NoteKey("witness.test/w1", witness.verify_key, NOTE_COSIGNATURE)
    note = sign(HEAD, [KEY]).note
    line = cosignature(note.text, "witness.test/w1", witness, 1_700_000_000)
    cosigned = Note(note.text, (*note.signatures, line))
    assert cosigned.verified_by([vkey]) == [vkey]
    assert NoteKey.parse(str(vkey)) == vkey
    later = (1_700_000_001).to_bytes(8, "big") + line.signature[8:]
    for forged in (later, line.signature[8:]):
        broken = Note(note.text, (type(line)(line.name, line.key_id, forged),))
        with pytest.raises(NoteUnverified):
            broken.verified_by([vkey])


@pytest.mark.parametrize(
    "text",
    [
        "a\n1\n",
        "\n1\n" + "A" * 43 + "=\n",
        "a\n01\n" + "A" * 43 + "=\n",
        "a\n-1\n" + "A" * 43 + "=\n",
        "a\n1\nAAAA\n",
        "a\n1\n" + "A" * 42 + "B=\n",
        "a\n1\n" + "A" * 43 + "=\n\nx\n",
        "a\n1\n" + "A" * 43 + "=",
        "a\n١\n" + "A" * 43 + "=\n",
        "a\n1\nnot base64!\n",
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteMalformed):
        Head.parse(text)


def test_extension_lines_are_allowed_and_ignored() -> None:
    assert Head.parse(HEAD.text() + "extension\n") == HEAD


def test_an_origin_of_two_lines_cannot_be_signed() -> None:
    with pytest.raises(ValueError, match="one non-empty line"):
        sign(Head("evil\n999", 1, bytes(32)), [KEY])
    with pytest.raises(ValueError, match="at least one"):
        sign(HEAD, [])


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b", "a\nb"])
def test_a_key_name_without_a_place_in_a_line_is_refused(name: str) -> None:
    with pytest.raises(KeyMalformed):
        NoteKey(name, KEY.verify_key)


def test_a_key_file_holds_keys_and_comments() -> None:
    assert [str(key) for key in parse_keys(f"# the log\n\n{NOTE_KEY}\n{GO_KEY}\n")] == [str(NOTE_KEY), GO_KEY]
    for text in ("", "# nothing\n", "garbage\n"):
        with pytest.raises(KeyMalformed):
            parse_keys(text)
