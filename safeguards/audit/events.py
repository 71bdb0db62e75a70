"""What can happen, as stable integers.

A number is never changed, reused or renumbered: it is inside signed history. New events take the next free number of
their hundred. Names follow the states of the entity that moved: ``CONSENT_ACTIVATED`` is the transition to ``active``.

Worked examples (``actor``, ``subject``, ``body``):

- an owner withdraws: ``account:7f…``, ``consent:3a…``, ``{"reason": "owner_request"}``
- a worker releases a clip: ``worker:egress``, ``request:9c…``, ``{"clip": "clip:11…", "sha256": "…", "permit": "…"}``
- the gate says no: ``app:2b…``, ``request:9c…``, ``{"code": "grant_expired"}``

Subjects and actors are opaque ids with a kind before the colon; no name, address, text or score that tells one person
from another.
"""

from __future__ import annotations

from enum import IntEnum, unique


@unique
class EventType(IntEnum):
    """Number of an event as it stands in a leaf under ``type``."""

    # 100: challenge
    CHALLENGE_ISSUED = 101
    CHALLENGE_ATTEMPT_FAILED = 102
    CHALLENGE_CONSUMED = 103
    CHALLENGE_EXPIRED = 104
    CHALLENGE_FAILED = 105

    # 200: consent
    CONSENT_DRAFTED = 201
    CONSENT_CHALLENGED = 202
    CONSENT_SUBMITTED = 203
    CONSENT_VERIFYING = 204
    CONSENT_ACTIVATED = 205
    CONSENT_REJECTED = 206
    CONSENT_NEEDS_REVIEW = 207
    CONSENT_EXPIRED = 208
    CONSENT_WITHDRAWN = 209
    CONSENT_RENEWED = 210
    CONSENT_RECEIPT_ISSUED = 211

    # 300: enrolment
    ENROLMENT_STARTED = 301
    ENROLMENT_RECORDING_ADDED = 302
    ENROLMENT_RECORDING_REFUSED = 303
    ENROLMENT_SCREENING = 304
    ENROLMENT_QUEUED = 305
    ENROLMENT_TRAINING = 306
    ENROLMENT_READY = 307
    ENROLMENT_FAILED = 308
    ENROLMENT_ABORTED = 309

    # 400: voice
    VOICE_CREATED = 401
    VOICE_READY = 402
    VOICE_SUSPENDED = 403
    VOICE_RESUMED = 404
    VOICE_REVOKED = 405
    VOICE_ERASED = 406
    VOICE_MODEL_STORED = 407
    VOICE_MODEL_REPLACED = 408

    # 500: grant
    GRANT_REQUESTED = 501
    GRANT_ACTIVATED = 502
    GRANT_DECLINED = 503
    GRANT_EXHAUSTED = 504
    GRANT_EXPIRED = 505
    GRANT_REVOKED = 506

    # 600: synthesis request
    REQUEST_ACCEPTED = 601
    REQUEST_QUEUED = 602
    REQUEST_RUNNING = 603
    REQUEST_MARKING = 604
    REQUEST_VERIFYING = 605
    REQUEST_RELEASED = 606
    REQUEST_REFUSED = 607
    REQUEST_FAILED = 608
    REQUEST_CANCELLED_REVOKED = 609
    REQUEST_CANCELLED = 610

    # 700: clip
    CLIP_RELEASED = 701
    CLIP_MARK_MISSING = 702
    CLIP_DOWNLOADED = 703
    CLIP_DOWNLOAD_REFUSED = 704
    CLIP_DELETED = 705
    CLIP_EXPIRED = 706
    CLIP_STREAM_STARTED = 707
    CLIP_STREAM_ENDED = 708

    # 800: credentials of apps
    API_KEY_CREATED = 801
    API_KEY_ROTATED = 802
    API_KEY_REVOKED = 803
    API_KEY_EXPIRED = 804
    WEBHOOK_ENDPOINT_ADDED = 811
    WEBHOOK_ENDPOINT_REMOVED = 812
    WEBHOOK_SECRET_ROTATED = 813

    # 900: revocation, erasure, retention
    REVOCATION_REQUESTED = 901
    REVOCATION_COMPLETED = 902
    ERASURE_REQUESTED = 911
    ERASURE_COMPLETED = 912
    DATA_KEY_DESTROYED = 913
    RETENTION_APPLIED = 921

    # 1000: review by two people
    REVIEW_OPENED = 1001
    REVIEW_VOTED = 1002
    REVIEW_APPROVED = 1003
    REVIEW_REJECTED = 1004
    REVIEW_EXPIRED = 1005

    # 1100: policy and protected voices
    POLICY_CHANGED = 1101
    THRESHOLDS_CHANGED = 1102
    PROTECTED_VOICE_ADDED = 1111
    PROTECTED_VOICE_REMOVED = 1112

    # 1200: verification and detection
    VERIFICATION_REPORTED = 1201
    DETECTION_REPORTED = 1202
    LOG_EXPORTED = 1211

    # 1300: the log about itself
    LOG_KEY_ROTATED = 1301
    LOG_CHECKPOINT_ANCHORED = 1302

    # 1400: accounts and organisations
    ACCOUNT_CREATED = 1401
    ACCOUNT_ROLE_CHANGED = 1402
    ACCOUNT_MFA_CHANGED = 1403
    ACCOUNT_SUSPENDED = 1404
    ACCOUNT_CLOSED = 1405
    OWNER_REGISTERED = 1406
    ORGANISATION_CREATED = 1411
    ORGANISATION_MEMBER_ADDED = 1412
    ORGANISATION_MEMBER_REMOVED = 1413
    APP_CREATED = 1421
    APP_SUSPENDED = 1422
    APP_REMOVED = 1423

    # 1500: operation
    MODEL_INSTALLED = 1501
    MODEL_REMOVED = 1502
    WATERMARK_KEY_ROTATED = 1511
    KEK_ROTATED = 1512
    PROVENANCE_KEY_ROTATED = 1513

    # 1600: the gate
    PERMIT_ISSUED = 1601
    PERMIT_REFUSED = 1602

    # 1700: jobs
    JOB_LEASE_LOST = 1701
    JOB_ABANDONED = 1702


# After one of these a checkpoint is signed at once: the moment a use ended must be provable without waiting for a
# period.
URGENT: frozenset[EventType] = frozenset(
    {
        EventType.CONSENT_WITHDRAWN,
        EventType.VOICE_REVOKED,
        EventType.VOICE_ERASED,
        EventType.GRANT_REVOKED,
        EventType.REVOCATION_REQUESTED,
        EventType.REVOCATION_COMPLETED,
        EventType.ERASURE_COMPLETED,
        EventType.DATA_KEY_DESTROYED,
    }
)
