"""Rows of the room. Rules that the database can hold true are constraints here; everything else is in the services."""

from voices.models.consent import Challenge, Consent, Review
from voices.models.enrolment import Enrolment, Recording, Take, VoiceModel
from voices.models.grant import Grant
from voices.models.identity import ProtectedVoice, ProtectionJob, SpeakerTemplate
from voices.models.jobs import AnalysisJob, JobState, LeasedJob
from voices.models.owner import Owner, Voice

__all__ = [
    "AnalysisJob",
    "Challenge",
    "Consent",
    "Enrolment",
    "Grant",
    "JobState",
    "LeasedJob",
    "Owner",
    "ProtectedVoice",
    "ProtectionJob",
    "Recording",
    "Review",
    "SpeakerTemplate",
    "Take",
    "Voice",
    "VoiceModel",
]
