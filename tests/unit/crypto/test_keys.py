"""Ed25519 keys against RFC 8032 and their guard rails."""

from __future__ import annotations

import pytest

from safeguards.crypto.errors import KeyMalformed, SignatureInvalid
from safeguards.crypto.keys import SigningKey, VerifyKey

SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
SIGNATURE_OF_NOTHING = bytes.fromhex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
)


def test_rfc_8032_first_vector() -> None:
    key = SigningKey.from_bytes(SEED)
    assert key.verify_key.to_bytes() == PUBLIC
    assert key.sign_note(b"") == SIGNATURE_OF_NOTHING
    VerifyKey.from_bytes(PUBLIC).verify_note(b"", SIGNATURE_OF_NOTHING)


def test_a_signature_fits_its_domain_only() -> None:
    key = SigningKey.generate()
    signature = key.sign(b"receipt/v1", b"message")
    key.verify_key.verify(b"receipt/v1", b"message", signature)
    for domain, message in [(b"report/v1", b"message"), (b"receipt/v1", b"messagf"), (b"receipt", b"/v1\x00message")]:
        with pytest.raises(SignatureInvalid):
            key.verify_key.verify(domain, message, signature)
    with pytest.raises(SignatureInvalid):
        key.verify_key.verify_note(b"message", signature)


def test_a_domain_signature_cannot_be_made_as_a_note() -> None:
    with pytest.raises(ValueError, match="control characters"):
        SigningKey.generate().sign_note(b"receipt/v1\x00message")


@pytest.mark.parametrize("domain", [b"", b"a\x00b"])
def test_an_ambiguous_domain_is_refused(domain: bytes) -> None:
    with pytest.raises(ValueError, match="domain"):
        SigningKey.generate().sign(domain, b"x")


def test_no_text_form_shows_the_secret() -> None:
    key = SigningKey.from_bytes(SEED)
    for text in (repr(key), str(key), f"{key}", repr([key])):
        assert SEED.hex()[:8] not in text
        assert repr(SEED) not in text


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(KeyMalformed):
        SigningKey.from_bytes(bytes(length))
    with pytest.raises(KeyMalformed):
        VerifyKey.from_bytes(bytes(length))


def test_a_public_key_travels_as_pem() -> None:
    key = SigningKey.generate().verify_key
    assert VerifyKey.from_pem(key.to_pem()) == key
    assert len({VerifyKey.from_pem(key.to_pem()), key}) == 1


@pytest.mark.parametrize("data", [b"", b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", b"\xff"])
def test_a_file_that_is_no_pem_key_is_refused(data: bytes) -> None:
    with pytest.raises(KeyMalformed):
        VerifyKey.from_pem(data)


def test_a_pem_key_of_another_kind_is_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(KeyMalformed, match="not Ed25519"):
        VerifyKey.from_pem(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
