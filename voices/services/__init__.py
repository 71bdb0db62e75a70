"""Everything that can happen in this room: one module per entity, one function per event, one transaction per call.

All arguments are keyword-only. ``account_id``, ``organisation_id``, ``operator_id`` name who acts; each service checks by itself that
this person may (a stranger's object raises ``voices.errors.NotFound``, exactly as one that does not exist). Each returns the row as
it stands after the commit. Errors: ``voices.errors`` (``NotFound``, ``Conflict(code)``, ``Invalid(code)``), ``audiokit.AudioError``
for an upload, ``safeguards.errors.Refusal`` where the gate says no.

owners
    owner_register(*, account_id: str, world: str, name: str, language: str = "en") -> Owner
actors
    actor_ensure(*, seed: int = 1) -> Voice                              # the sandbox's stock voice; idempotent; ``Voice.actor_seed``
voices
    voice_create(*, account_id: str, owner_id: str, label: str, language: str = "en", engine: str | None = None) -> Voice
    voice_suspend(*, account_id: str, voice_id: str, reason: str = "") -> Voice
    voice_resume(*, account_id: str, voice_id: str) -> Voice
    voice_revoke(*, account_id: str, voice_id: str, reason: str = "") -> Voice
consents
    consent_draft(*, account_id: str, voice_id: str, purposes: Sequence[str], languages: Sequence[str], days_valid: int = 365,
                  text_language: str = "en") -> Consent
    consent_submit(*, account_id: str, consent_id: str, challenge_id: str, data: bytes,
                   shown_s: Sequence[float] | None = None) -> Consent
    consent_withdraw(*, account_id: str, consent_id: str, reason: str = "") -> Consent
    consent_renew(*, account_id: str, consent_id: str, days_valid: int | None = None) -> Consent       # a new draft of the same scope
    consents_expire_due() -> int
challenges
    challenge_issue(*, account_id: str, consent_id: str, sentences: Sequence[str] | None = None) -> Challenge
    challenges_expire_due() -> int
    shown_times(text: str) -> list[float] | None                         # what a client sends as ``shown_s``
reviews
    review_vote(*, operator_id: str, consent_id: str, approve: bool, reason: str) -> Consent
    review_listen(*, operator_id: str, consent_id: str) -> bytes                                       # FLAC; logged
enrolments
    enrolment_start(*, account_id: str, voice_id: str) -> Enrolment
    take_add(*, account_id: str, enrolment_id: str, data: bytes, transcript: str) -> Take
    take_withdraw(*, account_id: str, take_id: str) -> Take
    enrolment_submit(*, account_id: str, enrolment_id: str) -> Enrolment
    enrolment_abort(*, account_id: str, enrolment_id: str) -> Enrolment
    enrolment_train(*, enrolment_id: str, permit: TrainingPermit) -> Enrolment                         # queued -> training, by the worker
    enrolment_progress(*, enrolment_id: str, progress: float) -> None
    enrolment_fail(*, enrolment_id: str, problem: str) -> Enrolment
voice_models
    voice_model_activate(*, enrolment_id: str, permit: TrainingPermit, engine: str, engine_version: str, model: bytes,
                         measures: Mapping[str, float], weights: bytes | None = None) -> VoiceModel    # training -> ready, voice ready
    voice_model_roll_back(*, account_id: str, voice_id: str, version: int) -> Voice
grants
    grant_request(*, organisation_id: str, requested_by_id: str | None, world: str, voice_id: str, purposes: Sequence[str],
                  languages: Sequence[str], formats: Sequence[str], quota_characters: int, expires_at: datetime,
                  not_before: datetime | None = None, disclosure: str = "none", message: str = "") -> Grant
    grant_approve(*, account_id: str, grant_id: str) -> Grant
    grant_decline(*, account_id: str, grant_id: str) -> Grant
    grant_revoke(*, account_id: str, grant_id: str, reason: str = "") -> Grant                         # by the voice's owner
    grant_give_up(*, organisation_id: str, grant_id: str) -> Grant                                     # by the app
    grant_renew(*, organisation_id: str, requested_by_id: str | None, grant_id: str, quota_characters: int,
                expires_at: datetime) -> Grant                                                         # a new request of the same scope
    grant_reserve(*, grant_id: str, characters: int) -> None                                           # Refusal("quota_exhausted")
    grant_return(*, grant_id: str, characters: int) -> None                                            # no clip came of it
    grant_settle(*, grant_id: str) -> None                                                             # after a release: exhausted if used up
    grants_expire_due() -> int
erasure
    voice_erase(*, account_id: str, voice_id: str) -> Voice
    owner_erase(*, account_id: str, owner_id: str) -> Owner
receipts
    consent_receipt(*, account_id: str, consent_id: str) -> dict[str, object]                          # signed JSON
protected
    protected_voice_add(*, operator_id: str, label: str, embedding: bytes, version: str) -> ProtectedVoice
    protected_voice_submit(*, operator_id: str, label: str, data: bytes) -> ProtectionJob              # a worker hears it
    protected_voice_remove(*, operator_id: str, protected_id: str) -> None
retention
    retention_run(*, moment: datetime | None = None) -> RetentionReport
    retention_due(*, moment: datetime | None = None) -> RetentionReport                                # counts, changes nothing

Reading is in ``voices.selectors`` (each lookup is the permission check):

    owner_get(*, account_id, owner_id) -> Owner             owners_of(*, account_id, world=None) -> QuerySet[Owner]
    owner_name(*, owner) -> str
    voice_get(*, account_id, voice_id) -> Voice             voices_of(*, account_id, world=None) -> QuerySet[Voice]
    consent_get(*, account_id, consent_id) -> Consent       consents_of(*, account_id, world=None, voice_id=None) -> QuerySet[Consent]
    consent_statement(*, consent) -> str                    consents_for_review(*, operator_id) -> QuerySet[Consent]
    consent_for_review(*, operator_id, consent_id)          consents_judged_by(*, operator_id) -> QuerySet[Consent]
    challenge_get(*, account_id, challenge_id) -> Challenge
    consent_codes(*, consent) -> frozenset[str] | None      take_codes(*, take) -> frozenset[str] | None    # why, judged anew
    enrolment_get(*, account_id, enrolment_id) -> Enrolment enrolments_of(*, account_id, voice_id=None) -> QuerySet[Enrolment]
    take_get(*, account_id, take_id) -> Take                take_transcript(*, take) -> str
    takes_of(*, enrolment) -> QuerySet[Take]                recording_audio(*, recording) -> Audio
    voice_models_of(*, account_id, voice_id) -> QuerySet[VoiceModel]
    voice_model_bytes(*, model) -> bytes
    voice_model_weights(*, model) -> bytes
    grant_get_as_owner(*, account_id, grant_id) -> Grant    grants_of_owner(*, account_id, state=None) -> QuerySet[Grant]
    grant_get_as_app(*, organisation_id, world, grant_id) -> Grant
    grants_of_app(*, organisation_id, world, state=None) -> QuerySet[Grant]
    voice_get_as_app(*, organisation_id, world, voice_id) -> Voice      # with a live grant, or the sandbox actor in the sandbox
    voices_of_app(*, organisation_id, world) -> QuerySet[Voice]
    grant_choose(*, organisation_id, world, voice_id, purpose, language) -> Grant | None               # the grant a request would use
    voice_data_key_id(*, voice) -> str                      # the owner's data key, or the actor's own
    synthesis_facts(*, voice_id, grant_id, request: RequestFacts, lock: bool = False) -> SynthesisFacts
    training_facts(*, enrolment_id, lock: bool = False) -> TrainingFacts

``lock=True`` locks voice, consent and grant in that order inside the caller's transaction: use it in the release transaction, so that
a revocation either commits first and is seen, or waits.

Gate (``safeguards.gate``): ``permit_synthesis(facts: SynthesisFacts, now: datetime) -> SynthesisPermit``,
``permit_release(facts: ReleaseFacts, now) -> ReleasePermit``, ``permit_training(facts: TrainingFacts, now) -> TrainingPermit``;
``RequestFacts(request_id, organisation_id, world, purpose, language, format, characters, reserved)`` (``reserved``: the characters
are already counted in the grant, so at claim, mark and release the quota is not asked again);
``ReleaseFacts(synthesis: SynthesisFacts, watermark_detected: bool | None, watermark_payload_matches: bool | None,
encoded_format: str | None, sha256: str | None)``. Each raises ``safeguards.errors.Refusal`` with ``.codes``.

Hooks (``voices.hooks``), called inside the same transaction:
    on_revocation(fn: Callable[[Revocation], None])          Revocation(voice_id: str, grant_id: str | None, code: str)
    on_erasure(fn: Callable[[Erasure], None])                Erasure(owner_id: str | None, voice_ids: tuple[str, ...], data_key_ids: tuple[str, ...])
    on_enrolment_accepted(fn: Callable[[str], None])         enrolment id; synthesis makes the training job
"""

from voices.services.actors import actor_ensure
from voices.services.challenges import challenge_issue, challenges_expire_due, shown_times
from voices.services.consents import consent_draft, consent_renew, consent_submit, consent_withdraw, consents_expire_due
from voices.services.enrolments import (
    enrolment_abort,
    enrolment_accept,
    enrolment_fail,
    enrolment_progress,
    enrolment_send_back,
    enrolment_start,
    enrolment_submit,
    enrolment_train,
)
from voices.services.erasure import owner_erase, voice_erase
from voices.services.grants import (
    grant_approve,
    grant_decline,
    grant_give_up,
    grant_renew,
    grant_request,
    grant_revoke,
    grants_expire_due,
)
from voices.services.owners import owner_register
from voices.services.protected import protected_voice_add, protected_voice_remove, protected_voice_submit
from voices.services.quota import grant_reserve, grant_return, grant_settle
from voices.services.receipts import consent_receipt
from voices.services.retention import RetentionReport, retention_due, retention_run
from voices.services.reviews import review_listen, review_vote
from voices.services.takes import take_accept, take_add, take_reject, take_withdraw
from voices.services.templates import recording_describe
from voices.services.verdicts import consent_activate, consent_hold, consent_reject, consent_verify
from voices.services.voice_models import voice_model_activate, voice_model_roll_back
from voices.services.voices import voice_create, voice_resume, voice_revoke, voice_suspend

__all__ = [
    "RetentionReport",
    "actor_ensure",
    "challenge_issue",
    "challenges_expire_due",
    "consent_activate",
    "consent_draft",
    "consent_hold",
    "consent_receipt",
    "consent_reject",
    "consent_renew",
    "consent_submit",
    "consent_verify",
    "consent_withdraw",
    "consents_expire_due",
    "enrolment_abort",
    "enrolment_accept",
    "enrolment_fail",
    "enrolment_progress",
    "enrolment_send_back",
    "enrolment_start",
    "enrolment_submit",
    "enrolment_train",
    "grant_approve",
    "grant_decline",
    "grant_give_up",
    "grant_renew",
    "grant_request",
    "grant_reserve",
    "grant_return",
    "grant_revoke",
    "grant_settle",
    "grants_expire_due",
    "owner_erase",
    "owner_register",
    "protected_voice_add",
    "protected_voice_remove",
    "protected_voice_submit",
    "recording_describe",
    "retention_due",
    "retention_run",
    "review_listen",
    "review_vote",
    "shown_times",
    "take_accept",
    "take_add",
    "take_reject",
    "take_withdraw",
    "voice_create",
    "voice_erase",
    "voice_model_activate",
    "voice_model_roll_back",
    "voice_resume",
    "voice_revoke",
    "voice_suspend",
]
