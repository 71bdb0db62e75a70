"""Sign encoded audio with a C2PA manifest, in memory."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from safeguards.crypto.certificates import make_chain
from safeguards.provenance.claim import ProvenanceClaim, ProvenanceError

# Delivery format -> what c2pa-rs calls it. Opus and raw PCM cannot carry a manifest (C2PA supported formats).
SIGNABLE = {"wav": "audio/wav", "mp3": "audio/mpeg", "aac": "audio/mp4", "flac": "audio/flac"}


@dataclass(frozen=True)
class ClaimSigner:
    """Certificate chain (leaf first) and the leaf's P-256 key, both PEM. ``repr`` hides the key."""

    chain: bytes
    key: bytes
    timestamp_url: str | None = None

    def __repr__(self) -> str:
        return "ClaimSigner(…)"

    @classmethod
    def from_files(cls, chain: Path, key: Path) -> ClaimSigner:
        """Load the operator's chain.

        Raises:
            ProvenanceError: when a file is missing; nothing is signed by default.
        """
        try:
            return cls(chain.read_bytes(), key.read_bytes())
        except OSError as error:
            raise ProvenanceError(
                f"the C2PA chain or key cannot be read ({error.strerror}); set both or run the setup"
            ) from error

    @classmethod
    def ensure_local(cls, chain: Path, key: Path, *, issuer: str, now: datetime) -> ClaimSigner:
        """Load the embedded shape's own chain, making it on first use. The root lies beside it as ``root.pem`` for trust lists."""
        if not (chain.exists() and key.exists()):
            made = make_chain(issuer, now=now)
            chain.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            key.touch(mode=0o600)
            key.write_bytes(made.leaf_key)
            chain.with_name("root.pem").write_bytes(made.root)
            chain.write_bytes(made.chain)
        return cls.from_files(chain, key)


def sign(data: bytes, format: str, claim: ProvenanceClaim, signer: ClaimSigner) -> bytes:  # noqa: A002 - DESIGN's word
    """The same audio with the claim's manifest embedded.

    Args:
        data: encoded audio in ``format``.
        format: a key of ``SIGNABLE``.

    Raises:
        ProvenanceError: for another format, an unusable chain, or audio the signer does not understand.
    """
    import c2pa  # a native library: loaded by the process that signs, never by the web process

    if format not in SIGNABLE:
        raise ProvenanceError(f"{format!r} cannot carry a C2PA manifest; formats that can: {sorted(SIGNABLE)}")
    out = io.BytesIO()
    try:
        info = c2pa.C2paSignerInfo(
            alg=c2pa.C2paSigningAlg.ES256, sign_cert=signer.chain, private_key=signer.key, ta_url=signer.timestamp_url
        )
        context = c2pa.Context.builder().with_settings(_settings(c2pa)).with_signer(c2pa.Signer.from_info(info)).build()
        with c2pa.Builder(claim.manifest(), context=context) as builder:
            builder.sign(SIGNABLE[format], io.BytesIO(data), out)
    except c2pa.C2paError as error:
        raise ProvenanceError(f"the manifest could not be made: {error}") from error
    return out.getvalue()


def _settings(c2pa: Any) -> Any:
    # Trust is the reader's decision; a local root is untrusted by design until the operator lists it.
    return cast(Any, c2pa.Settings.from_dict({"verify": {"verify_after_sign": True, "verify_trust": False}}))
