"""C2PA manifests: who made this file, with what, and which watermark finds the record again."""

from safeguards.provenance.claim import ProvenanceClaim, ProvenanceError
from safeguards.provenance.reading import ManifestReport, read
from safeguards.provenance.signing import SIGNABLE, ClaimSigner, sign

__all__ = ["SIGNABLE", "ClaimSigner", "ManifestReport", "ProvenanceClaim", "ProvenanceError", "read", "sign"]
