"""Rows as facts for the gate."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Value, When

from safeguards.gate import ConsentFacts, GrantFacts, RequestFacts, SynthesisFacts, TrainingFacts, VoiceFacts
from voices.models import Consent, Enrolment, Grant, Take, Voice
from voices.states import ConsentState


def synthesis_facts(
    *, voice_id: str, grant_id: str | None, request: RequestFacts, lock: bool = False
) -> SynthesisFacts:
    """All that a request stands on, as it is now.

    Args:
        voice_id: the voice asked for.
        grant_id: the grant it would use; None for the sandbox actor.
        request: what is asked for.
        lock: lock voice, consent and grant, in the order that every revocation takes them, until the caller's transaction ends.
    """
    voice = _voice(voice_id, lock=lock)
    consent = None if voice is None else _consent(voice_id, lock=lock)
    grants = Grant.objects.select_for_update(no_key=True) if lock else Grant.objects.all()
    grant = None if grant_id is None else grants.filter(pk=grant_id).first()
    return SynthesisFacts(
        request=request,
        voice=None if voice is None else voice_facts(voice),
        consent=None if consent is None else consent_facts(consent),
        grant=None if grant is None else grant_facts(grant),
    )


def training_facts(*, enrolment_id: str, lock: bool = False) -> TrainingFacts:
    """All that a training stands on, as it is now.

    Raises:
        RuntimeError: there is no such enrolment.
    """
    enrolment = Enrolment.objects.filter(pk=enrolment_id).first()
    if enrolment is None:
        raise RuntimeError(f"no enrolment {enrolment_id!r}")
    voice = _voice(enrolment.voice_id, lock=lock)
    consent = _consent(enrolment.voice_id, lock=lock)
    if lock:
        enrolment = Enrolment.objects.select_for_update(no_key=True).get(pk=enrolment_id)
    accepted = Take.objects.filter(enrolment=enrolment, state=Take.State.ACCEPTED).count()
    return TrainingFacts(
        enrolment_id=enrolment.pk,
        world=enrolment.world,
        state=enrolment.state,
        voice=None if voice is None else voice_facts(voice),
        consent=None if consent is None else consent_facts(consent),
        takes_accepted=accepted,
    )


def standing_consent(voice_id: str, *, lock: bool = False) -> Consent | None:
    """The consent a voice stands on: the active one, else that which ended last."""
    return _consent(voice_id, lock=lock)


def voice_facts(voice: Voice) -> VoiceFacts:
    """A voice row."""
    return VoiceFacts(voice.pk, voice.state, voice.world, voice.is_actor, voice.active_model_id is not None)


def consent_facts(consent: Consent) -> ConsentFacts:
    """A consent row."""
    return ConsentFacts(
        consent_id=consent.pk,
        state=consent.state,
        world=consent.world,
        simulated=consent.simulated,
        purposes=tuple(consent.purposes),
        languages=tuple(consent.languages),
        active_at=consent.active_at,
        expires_at=consent.expires_at,
    )


def grant_facts(grant: Grant) -> GrantFacts:
    """A grant row."""
    return GrantFacts(
        grant_id=grant.pk,
        state=grant.state,
        world=grant.world,
        voice_id=grant.voice_id,
        organisation_id=grant.organisation_id,
        purposes=tuple(grant.purposes),
        languages=tuple(grant.languages),
        formats=tuple(grant.formats),
        not_before=grant.not_before,
        expires_at=grant.expires_at,
        remaining_characters=grant.quota_characters - grant.used_characters,
    )


def _voice(voice_id: str, *, lock: bool) -> Voice | None:
    rows = Voice.objects.select_for_update(no_key=True) if lock else Voice.objects.all()
    return rows.filter(pk=voice_id).first()


def _consent(voice_id: str, *, lock: bool) -> Consent | None:
    rows = Consent.objects.select_for_update(no_key=True) if lock else Consent.objects.all()
    order = Case(
        When(state=ConsentState.ACTIVE, then=Value(0)),
        When(state__in=[ConsentState.WITHDRAWN, ConsentState.EXPIRED], then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return rows.filter(voice_id=voice_id).order_by(order, "-ended_at", "-created_at").first()
