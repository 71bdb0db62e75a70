"""An owner hears a voice of their own: an ordinary request, through the gate, the mark and the log, under a grant the owner gave to themself.

Nothing goes round the exit: the clip is watermarked, logged and listed among the uses like anybody's.
"""

from __future__ import annotations

from datetime import timedelta

from audiokit.clock import now
from safeguards.gate import Reason, refuse
from synthesis.models import SynthesisRequest
from synthesis.selectors import request_get
from synthesis.services import request_accept
from vivavoce.accounts.principals import PersonPrincipal
from vivavoce.accounts.services import organisation_personal
from voices import selectors, services
from voices.errors import NotFound
from voices.models import Grant
from voices.selectors.facts import standing_consent
from voices.states import ConsentState, GrantState

QUOTA = 5_000
VALID = timedelta(days=30)
FORMAT = "wav"


def listen(
    *, person: PersonPrincipal, voice_id: str, text: str, emotion: str = "", speed: float = 1.0
) -> SynthesisRequest:
    """Have ``text`` spoken in a voice of one's own.

    Raises:
        NotFound: no such voice, or a stranger's.
        Refusal: no active consent, or what the gate finds.
        RequestInvalid: the text, or a control.
    """
    voice = selectors.voice_get(account_id=person.account_id, voice_id=voice_id)
    grant = _grant(person, voice_id, len(text))
    return request_accept(
        organisation_id=grant.organisation_id,
        api_key_id="",
        world=voice.world,
        voice_id=voice_id,
        text=text,
        purpose=grant.purposes[0],
        language=grant.languages[0],
        format=FORMAT,
        emotion=emotion,
        speed=speed,
        grant_id=grant.pk,
    )


def heard(*, person: PersonPrincipal, voice_id: str, request_id: str) -> SynthesisRequest:
    """One such request, to see how far it is.

    Raises:
        NotFound: no such request of this person for this voice.
    """
    voice = selectors.voice_get(account_id=person.account_id, voice_id=voice_id)
    found = request_get(
        request_id=request_id, organisation_id=organisation_personal(person=person).pk, world=voice.world
    )
    if found.voice_id != voice_id:
        raise NotFound
    return found


def _grant(person: PersonPrincipal, voice_id: str, characters: int) -> Grant:
    consent = standing_consent(voice_id)
    if consent is None or consent.state != ConsentState.ACTIVE or consent.expires_at is None:
        raise refuse([Reason.CONSENT_MISSING])
    organisation = organisation_personal(person=person)
    world = consent.world
    for grant in selectors.grants_of_app(organisation_id=organisation.pk, world=world, state=GrantState.ACTIVE):
        fits = grant.quota_characters - grant.used_characters >= characters and grant.expires_at > now()
        covered = set(grant.purposes) <= set(consent.purposes) and set(grant.languages) <= set(consent.languages)
        if grant.voice_id == voice_id and fits and covered:
            return grant
    asked = services.grant_request(
        organisation_id=organisation.pk,
        requested_by_id=person.account_id,
        world=world,
        voice_id=voice_id,
        purposes=consent.purposes[:1],
        languages=consent.languages[:1],
        formats=[FORMAT],
        quota_characters=QUOTA,
        expires_at=min(now() + VALID, consent.expires_at),
    )
    return services.grant_approve(account_id=person.account_id, grant_id=asked.pk)
