"""A detector of synthetic speech, trained here. It informs; it decides nothing alone."""

from safeguards.detector.model import ModelError
from safeguards.detector.score import bands, score, technique
from safeguards.evidence import BandShare, DetectorScore, SegmentScore

__all__ = ["BandShare", "DetectorScore", "ModelError", "SegmentScore", "bands", "score", "technique"]
