"""The states of DESIGN §4 and the only transitions there are.

Terminal states are final; renewal makes a new row. ``ALLOWED`` tables are data for the services, the property tests and the documentation.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import TextChoices


class World(TextChoices):
    """Live needs a living person; sandbox people are synthetic and stay there."""

    LIVE = "live"
    SANDBOX = "sandbox"


class ChallengeState(TextChoices):
    """A single-use prompt."""

    ISSUED = "issued"
    CONSUMED = "consumed"
    EXPIRED = "expired"
    FAILED = "failed"


class ConsentState(TextChoices):
    """A spoken consent."""

    DRAFT = "draft"
    CHALLENGED = "challenged"
    SUBMITTED = "submitted"
    VERIFYING = "verifying"
    NEEDS_REVIEW = "needs_review"
    ACTIVE = "active"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


class EnrolmentState(TextChoices):
    """A set of readings on its way to a voice model."""

    COLLECTING = "collecting"
    SCREENING = "screening"
    QUEUED = "queued"
    TRAINING = "training"
    READY = "ready"
    FAILED = "failed"
    ABORTED = "aborted"


class VoiceState(TextChoices):
    """A voice."""

    PENDING = "pending"
    READY = "ready"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    ERASED = "erased"


class GrantState(TextChoices):
    """An app's permission to use a voice."""

    REQUESTED = "requested"
    ACTIVE = "active"
    EXHAUSTED = "exhausted"
    EXPIRED = "expired"
    REVOKED = "revoked"


CHALLENGE: Mapping[str, frozenset[str]] = {
    ChallengeState.ISSUED: frozenset({ChallengeState.CONSUMED, ChallengeState.EXPIRED, ChallengeState.FAILED}),
}
CONSENT: Mapping[str, frozenset[str]] = {
    ConsentState.DRAFT: frozenset({ConsentState.CHALLENGED, ConsentState.WITHDRAWN}),
    # A challenge that failed or lapsed puts the consent back, so that the owner can try with a new one.
    ConsentState.CHALLENGED: frozenset({ConsentState.SUBMITTED, ConsentState.DRAFT, ConsentState.WITHDRAWN}),
    ConsentState.SUBMITTED: frozenset({ConsentState.VERIFYING, ConsentState.WITHDRAWN}),
    ConsentState.VERIFYING: frozenset(
        {ConsentState.ACTIVE, ConsentState.REJECTED, ConsentState.NEEDS_REVIEW, ConsentState.WITHDRAWN}
    ),
    ConsentState.NEEDS_REVIEW: frozenset({ConsentState.ACTIVE, ConsentState.REJECTED, ConsentState.WITHDRAWN}),
    ConsentState.ACTIVE: frozenset({ConsentState.EXPIRED, ConsentState.WITHDRAWN}),
}
ENROLMENT: Mapping[str, frozenset[str]] = {
    EnrolmentState.COLLECTING: frozenset({EnrolmentState.SCREENING, EnrolmentState.ABORTED}),
    EnrolmentState.SCREENING: frozenset({EnrolmentState.QUEUED, EnrolmentState.COLLECTING, EnrolmentState.ABORTED}),
    EnrolmentState.QUEUED: frozenset({EnrolmentState.TRAINING, EnrolmentState.ABORTED}),
    EnrolmentState.TRAINING: frozenset({EnrolmentState.READY, EnrolmentState.FAILED, EnrolmentState.ABORTED}),
}
VOICE: Mapping[str, frozenset[str]] = {
    VoiceState.PENDING: frozenset({VoiceState.READY, VoiceState.REVOKED}),
    VoiceState.READY: frozenset({VoiceState.SUSPENDED, VoiceState.REVOKED}),
    VoiceState.SUSPENDED: frozenset({VoiceState.READY, VoiceState.REVOKED}),
    VoiceState.REVOKED: frozenset({VoiceState.ERASED}),
}
GRANT: Mapping[str, frozenset[str]] = {
    GrantState.REQUESTED: frozenset({GrantState.ACTIVE, GrantState.EXPIRED, GrantState.REVOKED}),
    GrantState.ACTIVE: frozenset({GrantState.EXHAUSTED, GrantState.EXPIRED, GrantState.REVOKED}),
}
