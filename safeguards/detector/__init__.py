"""A detector of synthetic speech, trained here. It informs; it decides nothing alone."""

from safeguards.detector.model import ModelError
from safeguards.detector.score import bands, score
from safeguards.evidence import DetectorScore, SegmentScore

__all__ = ["DetectorScore", "ModelError", "SegmentScore", "bands", "score"]
