"""Reading this room. The lookup is the permission check: a stranger's object raises ``NotFound``, as one that does not exist.

Functions and signatures are listed in ``voices.services``.
"""

from voices.selectors.apps import (
    grant_choose,
    grant_get_as_app,
    grants_of_app,
    voice_get_as_app,
    voices_of_app,
)
from voices.selectors.consents import (
    challenge_get,
    consent_for_review,
    consent_get,
    consent_statement,
    consents_for_review,
    consents_judged_by,
    consents_of,
    reviews_of,
)
from voices.selectors.enrolments import (
    enrolment_get,
    enrolments_of,
    recording_audio,
    take_get,
    take_transcript,
    takes_of,
)
from voices.selectors.facts import synthesis_facts, training_facts
from voices.selectors.findings import consent_codes, take_codes
from voices.selectors.operators import operator_check, protected_label, protected_voices, protections_open
from voices.selectors.owners import (
    grant_get_as_owner,
    grants_of_owner,
    owner_get,
    owner_name,
    owners_of,
    voice_data_key_id,
    voice_get,
    voice_model_bytes,
    voice_model_weights,
    voice_models_of,
    voices_of,
)

__all__ = [
    "challenge_get",
    "consent_codes",
    "consent_for_review",
    "consent_get",
    "consent_statement",
    "consents_for_review",
    "consents_judged_by",
    "consents_of",
    "enrolment_get",
    "enrolments_of",
    "grant_choose",
    "grant_get_as_app",
    "grant_get_as_owner",
    "grants_of_app",
    "grants_of_owner",
    "operator_check",
    "owner_get",
    "owner_name",
    "owners_of",
    "protected_label",
    "protected_voices",
    "protections_open",
    "recording_audio",
    "reviews_of",
    "synthesis_facts",
    "take_codes",
    "take_get",
    "take_transcript",
    "takes_of",
    "training_facts",
    "voice_data_key_id",
    "voice_get",
    "voice_get_as_app",
    "voice_model_bytes",
    "voice_model_weights",
    "voice_models_of",
    "voices_of",
    "voices_of_app",
]
