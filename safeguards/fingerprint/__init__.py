"""Acoustic fingerprints: find the record of a clip again after its mark was destroyed, and expose a mark pasted on other audio."""

from safeguards.fingerprint.extraction import VERSION, extract
from safeguards.fingerprint.index import FingerprintIndex
from safeguards.fingerprint.matching import Match, compare
from safeguards.fingerprint.record import FingerprintError

__all__ = ["VERSION", "FingerprintError", "FingerprintIndex", "Match", "compare", "extract"]
