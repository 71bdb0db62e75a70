"""Liveness: presentation attack detection for consent and enrolment recordings (ISO/IEC 30107-3)."""

from safeguards.evidence import LivenessEvidence
from safeguards.liveness.assess import Prompt, assess

__all__ = ["LivenessEvidence", "Prompt", "assess"]
