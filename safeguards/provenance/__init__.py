"""C2PA manifests: who made this file, with what, and which watermark finds the record again."""

from safeguards.provenance.claim import ProvenanceClaim, ProvenanceError
from safeguards.provenance.reading import ManifestReport, read
from safeguards.provenance.signing import SIGNABLE, ClaimSigner, sign

VERSION = "c2pa-2.1"

__all__ = ["SIGNABLE", "VERSION", "ClaimSigner", "ManifestReport", "ProvenanceClaim", "ProvenanceError", "read", "sign"]
