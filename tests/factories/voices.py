"""Owners, voices, consents, enrolments, grants: made by the real services and the real gate, with evidence that passes.

Only the acoustic checks are left out: the evidence says what they would have said. Valid by default; every call makes new rows.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from itertools import count

import numpy as np
import soundfile
from django.db.models import Q

from audiokit.clock import now
from safeguards.gate import (
    ChallengeFacts,
    ConsentPermit,
    permit_consent,
    permit_enrolment,
    permit_take,
    permit_training,
    policy_for,
)
from tests.factories import accounts, evidence
from vivavoce.accounts.models import Organisation, User
from voices import jobs, selectors, services
from voices.evidence_json import to_json
from voices.models import AnalysisJob, Challenge, Consent, Enrolment, Grant, Owner, Take, Voice, VoiceModel

_seeds = count(1)
TEMPLATE = (np.ones(256, np.float32).tobytes(), "test-1")
MODEL = b"a voice model"


def sound(seconds: float = 1.0) -> bytes:
    """A WAV file of noise, a different one each time."""
    rng = np.random.default_rng(next(_seeds))
    buffer = io.BytesIO()
    soundfile.write(buffer, rng.normal(0.0, 0.1, int(16_000 * seconds)).astype(np.float32), 16_000, format="WAV")
    return buffer.getvalue()


def owner(*, world: str = "sandbox", account: User | None = None, name: str = "Ada Example") -> Owner:
    """A profile of a new account."""
    person = account or accounts.user()
    return services.owner_register(account_id=person.pk, world=world, name=name)


def voice(*, of: Owner | None = None, world: str = "sandbox", label: str = "My voice") -> Voice:
    """A pending voice."""
    whose = of or owner(world=world)
    return services.voice_create(account_id=whose.account_id, owner_id=whose.pk, label=label)


def account_of(thing: Voice) -> str:
    """The account that owns a voice."""
    assert thing.owner is not None
    return thing.owner.account_id


def draft(of: Voice | None = None, *, world: str = "sandbox", **terms: object) -> Consent:
    """A consent in draft, for narration and assistants in English."""
    subject = of or voice(world=world)
    scope = {"purposes": ["narration", "assistant"], "languages": ["en"], **terms}
    return services.consent_draft(account_id=account_of(subject), voice_id=subject.pk, **scope)  # type: ignore[arg-type]


def challenged(of: Voice | None = None, *, world: str = "sandbox", **terms: object) -> tuple[Consent, Challenge]:
    """A consent with an open challenge."""
    consent = draft(of, world=world, **terms)
    challenge = services.challenge_issue(account_id=consent.owner.account_id, consent_id=consent.pk)
    consent.refresh_from_db()
    return consent, challenge


def submitted(of: Voice | None = None, *, world: str = "sandbox", **terms: object) -> Consent:
    """A consent that waits for its analysis."""
    consent, challenge = challenged(of, world=world, **terms)
    return services.consent_submit(
        account_id=consent.owner.account_id, consent_id=consent.pk, challenge_id=challenge.pk, data=sound()
    )


def asked(consent: Consent) -> ChallengeFacts:
    """The facts of the challenge that a consent answered."""
    row = Challenge.objects.get(consent=consent, state="consumed")
    return ChallengeFacts(row.pk, row.state, row.kind, tuple(row.words), row.issued_at, row.expires_at, row.ended_at)


def verifying(of: Voice | None = None, *, world: str = "sandbox", **terms: object) -> tuple[Consent, AnalysisJob]:
    """A consent under analysis, with the job of the worker that has it."""
    consent = submitted(of, world=world, **terms)
    [job] = jobs.claim(AnalysisJob, only=Q(consent=consent))
    return services.consent_verify(consent_id=consent.pk), job


def active_consent(of: Voice | None = None, *, world: str = "sandbox", **terms: object) -> Consent:
    """A consent that the gate let through."""
    consent, job = verifying(of, world=world, **terms)
    facts = evidence.consent_evidence(consent.pk, consent.world, facts=asked(consent))
    permit = permit_consent(facts, policy_for(consent.world), now())
    assert isinstance(permit, ConsentPermit)
    return services.consent_activate(
        consent_id=consent.pk, permit=permit, evidence={"evidence": to_json(facts)}, template=TEMPLATE, job=job
    )


def enrolment(of: Voice | None = None, *, world: str = "sandbox") -> Enrolment:
    """An enrolment that collects readings, under an active consent."""
    subject = of or voice(world=world)
    if not Consent.objects.filter(voice=subject, state="active").exists():
        active_consent(subject)
    return services.enrolment_start(account_id=account_of(subject), voice_id=subject.pk)


def take(of: Enrolment, *, transcript: str = "The birch canoe slid on the smooth planks.", style: str = "") -> Take:
    """A reading that waits for its checks."""
    return services.take_add(
        account_id=account_of(of.voice), enrolment_id=of.pk, data=sound(0.5), transcript=transcript, style=style
    )


def accepted_take(of: Enrolment) -> Take:
    """A reading that the gate let through."""
    made = take(of)
    [job] = jobs.claim(AnalysisJob, only=Q(take=made))
    facts = evidence.take_evidence(made.pk, of.world)
    permit = permit_take(facts, policy_for(of.world), now())
    return services.take_accept(take_id=made.pk, permit=permit, evidence=to_json(facts), job=job)


def queued_enrolment(of: Voice | None = None, *, world: str = "sandbox", takes: int = 5) -> Enrolment:
    """An enrolment accepted for training."""
    row = enrolment(of, world=world)
    for _ in range(takes):
        accepted_take(row)
    services.enrolment_submit(account_id=account_of(row.voice), enrolment_id=row.pk)
    [job] = jobs.claim(AnalysisJob, only=Q(enrolment=row))
    facts = selectors.training_facts(enrolment_id=row.pk)
    whole = replace(
        evidence.enrolment_evidence(row.pk, row.world),
        voice=facts.voice,
        consent=facts.consent,
        takes_accepted=facts.takes_accepted,
    )
    permit = permit_enrolment(whole, policy_for(row.world), now())
    return services.enrolment_accept(enrolment_id=row.pk, permit=permit, template=TEMPLATE, job=job)


def trained(of: Voice | None = None, *, world: str = "sandbox") -> VoiceModel:
    """A stored model of an enrolment's training; the voice is ready."""
    row = queued_enrolment(of, world=world)
    permit = permit_training(selectors.training_facts(enrolment_id=row.pk), now())
    services.enrolment_train(enrolment_id=row.pk, permit=permit)
    return services.voice_model_activate(
        enrolment_id=row.pk, permit=permit, engine="sine", engine_version="1", model=MODEL, measures={"similarity": 0.9}
    )


def ready_voice(*, of: Owner | None = None, world: str = "sandbox") -> Voice:
    """A voice in use."""
    subject = voice(of=of, world=world)
    trained(subject)
    subject.refresh_from_db()
    return subject


def requested_grant(of: Voice | None = None, *, by: Organisation | None = None, **terms: object) -> Grant:
    """A grant that the owner has not answered."""
    subject = of or ready_voice()
    asked_for = {
        "purposes": ["narration"],
        "languages": ["en"],
        "formats": ["wav", "mp3"],
        "quota_characters": 1000,
        "expires_at": now() + timedelta(days=30),
        **terms,
    }
    return services.grant_request(
        organisation_id=(by or accounts.organisation()).pk,
        requested_by_id=None,
        world=subject.world,
        voice_id=subject.pk,
        **asked_for,  # type: ignore[arg-type]
    )


def active_grant(of: Voice | None = None, *, by: Organisation | None = None, **terms: object) -> Grant:
    """A grant that the owner approved."""
    grant = requested_grant(of, by=by, **terms)
    return services.grant_approve(account_id=account_of(grant.voice), grant_id=grant.pk)
