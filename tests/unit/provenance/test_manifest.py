"""C2PA manifests: signed in memory, read back, and honest about damage."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from audiokit import Audio, write
from safeguards.crypto.certificates import LocalChain, make_chain
from safeguards.provenance import SIGNABLE, ClaimSigner, ProvenanceClaim, ProvenanceError, read, sign

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
CLAIM = ProvenanceClaim("cli_test", 0x8123ABCD, 2.0, NOW, sandbox=True, generator="0.1")


@pytest.fixture(scope="module")
def chain() -> LocalChain:
    return make_chain("tests", now=datetime.now(UTC))


@pytest.fixture(scope="module")
def signer(chain: LocalChain) -> ClaimSigner:
    return ClaimSigner(chain.chain, chain.leaf_key)


@pytest.fixture(scope="module")
def speech() -> Audio:
    rng = np.random.default_rng(5)
    return Audio.mono(0.1 * rng.standard_normal(32000), 16000)


@pytest.mark.parametrize("format_", sorted(SIGNABLE))
def test_a_signed_clip_reads_back_with_its_payload(format_: str, speech: Audio, signer: ClaimSigner) -> None:
    report = read(sign(write(speech, format_), format_, CLAIM, signer), format_)
    assert report is not None
    assert (report.valid, report.ours, report.payload, report.clip_id) == (True, True, CLAIM.payload, "cli_test")
    assert report.problems == ()


def test_a_local_chain_is_trusted_only_with_its_root_on_the_list(
    speech: Audio, signer: ClaimSigner, chain: LocalChain
) -> None:
    signed = sign(write(speech, "wav"), "wav", CLAIM, signer)
    without, with_root = read(signed, "wav"), read(signed, "wav", trust_anchors=chain.root)
    other = read(signed, "wav", trust_anchors=make_chain("other", now=datetime.now(UTC)).root)
    assert without is not None
    assert with_root is not None
    assert other is not None
    assert (without.trusted, with_root.trusted, other.trusted) == (False, True, False)


@pytest.mark.parametrize("format_", sorted(SIGNABLE))
def test_a_changed_audio_byte_breaks_the_hash(format_: str, speech: Audio, signer: ClaimSigner) -> None:
    plain = write(speech, format_)
    signed = bytearray(sign(plain, format_, CLAIM, signer))
    sample = plain[len(plain) // 2 : len(plain) // 2 + 16]
    signed[signed.find(sample)] ^= 1
    report = read(bytes(signed), format_)
    assert report is not None
    assert not report.valid
    assert report.problems


def test_unsigned_audio_has_no_manifest(speech: Audio) -> None:
    assert read(write(speech, "wav"), "wav") is None


def test_formats_without_manifests_are_refused_for_signing_and_empty_for_reading(
    speech: Audio, signer: ClaimSigner
) -> None:
    with pytest.raises(ProvenanceError, match="cannot carry"):
        sign(write(speech, "opus"), "opus", CLAIM, signer)
    assert read(write(speech, "opus"), "opus") is None


def test_a_key_that_does_not_fit_the_chain_signs_nothing(speech: Audio, chain: LocalChain) -> None:
    other = make_chain("other", now=datetime.now(UTC))
    with pytest.raises(ProvenanceError):
        sign(write(speech, "wav"), "wav", CLAIM, ClaimSigner(chain.chain, other.leaf_key))


def test_a_file_that_is_not_audio_is_reported_not_raised() -> None:
    report = read(b"RIFF" + b"\xff" * 64, "wav")
    assert report is None or not report.valid


def test_the_local_chain_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    chain, key = tmp_path / "c2pa" / "chain.pem", tmp_path / "c2pa" / "leaf.key"
    first = ClaimSigner.ensure_local(chain, key, issuer="here", now=NOW)
    assert ClaimSigner.ensure_local(chain, key, issuer="here", now=NOW) == first
    assert key.stat().st_mode & 0o077 == 0
    assert "BEGIN" not in repr(first)


def test_a_missing_chain_is_an_error_not_an_unsigned_clip(tmp_path: Path) -> None:
    with pytest.raises(ProvenanceError, match="cannot be read"):
        ClaimSigner.from_files(tmp_path / "chain.pem", tmp_path / "leaf.key")
