"""Acoustic fingerprints: find the record of a clip again after its mark was destroyed, and expose a mark pasted on other audio."""

from safeguards.fingerprint.extraction import MIN_SECONDS, VERSION, extract
from safeguards.fingerprint.index import FingerprintIndex
from safeguards.fingerprint.matching import FALSE_MATCH_RATE, SAME_RECORDING_SCORE, Match, compare
from safeguards.fingerprint.record import FingerprintError
from safeguards.fingerprint.store import FingerprintStore

__all__ = [
    "FALSE_MATCH_RATE",
    "MIN_SECONDS",
    "SAME_RECORDING_SCORE",
    "VERSION",
    "FingerprintError",
    "FingerprintIndex",
    "FingerprintStore",
    "Match",
    "compare",
    "extract",
]
