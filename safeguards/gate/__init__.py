"""The one gate: evidence and policy in, a permit out, or a refusal with stable reason codes. Pure; it reads no clock and no row.

The order that cannot be broken: consent recording -> ``permit_consent`` -> readings -> ``permit_take`` -> ``permit_enrolment`` ->
``permit_training`` (in the worker, and again when the model is put to use) -> request -> ``permit_synthesis`` (at accept, claim and
marking) -> ``permit_release`` (inside the release transaction). A step out of order by our own code raises ``RuntimeError``; anything
wrong with what people brought raises ``safeguards.errors.Refusal``. ``now`` is fixed once per decision by the caller.
"""

from safeguards.gate.facts import (
    ChallengeFacts,
    ConsentEvidence,
    ConsentFacts,
    ConsistencyFacts,
    EnrolmentEvidence,
    GrantFacts,
    ReleaseFacts,
    RequestFacts,
    SynthesisFacts,
    TakeEvidence,
    TrainingFacts,
    VoiceFacts,
    WatermarkFacts,
)
from safeguards.gate.findings import NeedsReview
from safeguards.gate.permits import (
    ConsentPermit,
    EnrolmentPermit,
    Permit,
    ReleasePermit,
    SynthesisPermit,
    TakePermit,
    TrainingPermit,
)
from safeguards.gate.policy import LIVE, SANDBOX, Policy, policy_for
from safeguards.gate.reasons import Reason, refuse
from safeguards.gate.screening import permit_consent, permit_enrolment, permit_take
from safeguards.gate.use import permit_release, permit_synthesis, permit_training

__all__ = [
    "LIVE",
    "SANDBOX",
    "ChallengeFacts",
    "ConsentEvidence",
    "ConsentFacts",
    "ConsentPermit",
    "ConsistencyFacts",
    "EnrolmentEvidence",
    "EnrolmentPermit",
    "GrantFacts",
    "NeedsReview",
    "Permit",
    "Policy",
    "Reason",
    "ReleaseFacts",
    "ReleasePermit",
    "RequestFacts",
    "SynthesisFacts",
    "SynthesisPermit",
    "TakeEvidence",
    "TakePermit",
    "TrainingFacts",
    "TrainingPermit",
    "VoiceFacts",
    "WatermarkFacts",
    "permit_consent",
    "permit_enrolment",
    "permit_release",
    "permit_synthesis",
    "permit_take",
    "permit_training",
    "policy_for",
    "refuse",
]
