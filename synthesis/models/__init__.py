"""Rows of the room."""

from synthesis.models.clip import Clip, ClipNumber
from synthesis.models.jobs import EgressJob, RenderJob, TrainingJob, VerifyJob
from synthesis.models.request import SynthesisRequest

__all__ = ["Clip", "ClipNumber", "EgressJob", "RenderJob", "SynthesisRequest", "TrainingJob", "VerifyJob"]
