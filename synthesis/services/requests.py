"""Asking for speech, and no longer wanting it."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.db.models import Q

from audiokit.clock import now
from audiokit.ids import new_id
from synthesis.controls import MAX_SEED, STREAM_FORMATS, check_controls, check_scope, clean_text
from synthesis.errors import RequestInvalid
from synthesis.models import SynthesisRequest
from synthesis.services.accepting import accept
from synthesis.services.transitions import request_withdraw
from synthesis.states import RequestState
from voices.errors import NotFound
from voices.models import Grant, Voice
from voices.selectors import grant_choose, voice_data_key_id
from voices.selectors.lookup import one


def request_accept(
    *,
    organisation_id: str,
    api_key_id: str,
    world: str,
    voice_id: str,
    text: str,
    purpose: str,
    language: str = "en",
    format: str = "mp3",  # noqa: A002 -- the public name
    speed: float = 1.0,
    pitch: float = 0.0,
    emotion: str = "",
    valence: float = 0.0,
    arousal: float = 0.0,
    style: str = "",
    seed: int | None = None,
    stream: bool = False,
    timestamps: bool = False,
    grant_id: str | None = None,
) -> SynthesisRequest:
    """Take a text in, if the gate permits: request, reserved quota, render job and audit entry in one transaction.

    Args:
        organisation_id: whose app asks; a voice it has nothing to do with does not exist for it.
        valence, arousal: -1 to 1, on top of the emotion.
        style: name of a labelled reference of the voice; an engine without such references refuses it.
        seed: the same text with the same seed gives the same sound; drawn when left out.
        stream: windows can be fetched while the rest is rendered (``controls.STREAM_FORMATS``).
        timestamps: the times of the words are wanted too; an engine that cannot tell refuses the request.
        grant_id: which grant to use; chosen by purpose and language when left out.

    Raises:
        RequestInvalid: text or a control value is out of bounds.
        NotFound: no such voice, or a stranger's.
        Refusal: the gate says no.
    """
    clean = clean_text(text)
    check_scope(purpose=purpose, language=language)
    check_controls(
        format=format,
        speed=speed,
        pitch=pitch,
        emotion=emotion,
        seed=seed,
        valence=valence,
        arousal=arousal,
        style=style,
    )
    if stream and format not in STREAM_FORMATS:
        raise RequestInvalid(
            "stream_format_unsupported", f"{format} cannot be streamed; choose one of {', '.join(STREAM_FORMATS)}."
        )
    if stream and timestamps:
        raise RequestInvalid(
            "timestamps_of_stream", "Word times come with whole clips; leave stream or timestamps out."
        )
    with transaction.atomic():
        voice, grant = voice_and_grant(organisation_id, world, voice_id, purpose, language, grant_id)
        request = SynthesisRequest(
            id=new_id("req"),
            organisation_id=organisation_id,
            api_key_id=api_key_id,
            voice=voice,
            grant=grant,
            world=world,
            state=RequestState.ACCEPTED,
            data_key_id=voice_data_key_id(voice=voice),
            characters=len(clean),
            purpose=purpose,
            language=language,
            format=format,
            speed=speed,
            pitch=pitch,
            emotion=emotion,
            valence=valence,
            arousal=arousal,
            style=style,
            seed=secrets.randbelow(MAX_SEED) if seed is None else seed,
            stream=stream,
            timestamps=timestamps,
            created_at=now(),
        )
        accept(request, clean)
    return request


def request_cancel(*, request_id: str, organisation_id: str, world: str, actor: str) -> SynthesisRequest:
    """Stop a request of one's own; one that has ended stays as it is. The quota comes back.

    Raises:
        NotFound: no such request, or a stranger's.
    """
    one(SynthesisRequest.objects.filter(organisation_id=organisation_id, world=world), request_id)
    request_withdraw(request_id=request_id, actor=actor)
    return SynthesisRequest.objects.get(pk=request_id)


def voice_and_grant(
    organisation_id: str, world: str, voice_id: str, purpose: str, language: str, grant_id: str | None
) -> tuple[Voice, Grant | None]:
    """The voice as this organisation knows it, and the grant to go by.

    Without a grant that would do, the newest one stands in, so that the gate can say what is wrong with it.
    """
    held = Grant.objects.filter(organisation_id=organisation_id, world=world)
    # One question for "does not exist" and "not yours", so that the time of the answer does not tell them apart.
    known = Voice.objects.filter(Q(is_actor=True) | Q(pk__in=held.values("voice_id")), world=world)
    voice = one(known.select_related("owner"), voice_id)
    if voice.is_actor:
        return voice, None
    own = held.filter(voice=voice)
    if grant_id is not None:
        return voice, one(own, grant_id)
    grant = (
        grant_choose(
            organisation_id=organisation_id, world=world, voice_id=voice_id, purpose=purpose, language=language
        )
        or own.order_by("-created_at").first()
    )
    if grant is None:
        raise NotFound
    return voice, grant
