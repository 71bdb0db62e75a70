"""Rows of the room."""

from synthesis.models.clip import Clip, ClipNumber
from synthesis.models.jobs import EgressJob, RenderJob, TrainingJob, TrainingPart, VerifyJob
from synthesis.models.request import SynthesisRequest
from synthesis.models.stream import RawWindow, StreamWindow
from synthesis.models.view import ClipView

__all__ = [
    "Clip",
    "ClipNumber",
    "ClipView",
    "EgressJob",
    "RawWindow",
    "RenderJob",
    "StreamWindow",
    "SynthesisRequest",
    "TrainingJob",
    "TrainingPart",
    "VerifyJob",
]
