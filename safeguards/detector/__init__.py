"""A detector of synthetic speech, trained here. It informs; it decides nothing alone."""

from safeguards.detector.model import ModelError
from safeguards.detector.score import TECHNIQUE, bands, score
from safeguards.evidence import BandShare, DetectorScore, SegmentScore

__all__ = ["TECHNIQUE", "BandShare", "DetectorScore", "ModelError", "SegmentScore", "bands", "score"]
