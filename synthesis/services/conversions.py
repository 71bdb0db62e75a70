"""Asking for what somebody said to be said in a voice: gated, counted, marked and logged as synthesis is."""

from __future__ import annotations

import io
import math
import secrets
import wave
from typing import Final

from django.db import transaction

from audiokit.clock import now
from audiokit.ids import new_id
from synthesis.controls import MAX_SEED, check_controls, check_scope, clean_text
from synthesis.errors import RequestInvalid
from synthesis.models import SynthesisRequest
from synthesis.services.accepting import accept
from synthesis.services.requests import voice_and_grant
from synthesis.states import RequestState
from voices.selectors import voice_data_key_id

MAX_BYTES: Final = 25 * 2**20
MAX_SECONDS: Final = 120.0
CHARACTERS_PER_SECOND: Final = 15  # of brisk speech, so that a grant's quota means about the same
_HEADER_BYTES: Final = 44
_RATES: Final = (8_000, 192_000)


def conversion_accept(
    *,
    organisation_id: str,
    api_key_id: str,
    world: str,
    voice_id: str,
    source: bytes,
    purpose: str,
    language: str = "en",
    format: str = "mp3",  # noqa: A002 -- the public name
    transcript: str = "",
    seed: int | None = None,
    grant_id: str | None = None,
) -> SynthesisRequest:
    """Take a recording in, if the gate permits. It is stored sealed under the owner's key and removed once it was converted.

    Args:
        organisation_id: whose app asks; ``api_key_id``, ``world``, ``voice_id``, ``purpose``, ``language``, ``format``,
            ``seed`` and ``grant_id`` as for ``request_accept``.
        source: a WAV file of PCM samples, at most ``MAX_SECONDS``; read here for its length alone.
        transcript: what is said in it, where known; it helps the engine.

    Raises:
        RequestInvalid: ``source_unreadable``, ``source_too_long``, ``source_too_large``, and as ``request_accept``.
        NotFound: no such voice, or a stranger's.
        Refusal: the gate says no.
    """
    seconds = _seconds(source)
    check_scope(purpose=purpose, language=language)
    check_controls(format=format, speed=1.0, pitch=0.0, emotion="", seed=seed)
    said = clean_text(transcript) if transcript.strip() else ""
    with transaction.atomic():
        voice, grant = voice_and_grant(organisation_id, world, voice_id, purpose, language, grant_id)
        request = SynthesisRequest(
            id=new_id("req"),
            kind=SynthesisRequest.Kind.SPEECH,
            organisation_id=organisation_id,
            api_key_id=api_key_id,
            voice=voice,
            grant=grant,
            world=world,
            state=RequestState.ACCEPTED,
            data_key_id=voice_data_key_id(voice=voice),
            characters=math.ceil(seconds * CHARACTERS_PER_SECOND),
            purpose=purpose,
            language=language,
            format=format,
            seed=secrets.randbelow(MAX_SEED) if seed is None else seed,
            created_at=now(),
        )
        accept(request, said, source)
    return request


def _seconds(source: bytes) -> float:
    """Length of a WAV file, by its header and its size; the web process has no other decoder."""
    if len(source) > MAX_BYTES:
        raise RequestInvalid(
            "source_too_large", f"The recording is larger than {MAX_BYTES // 2**20} MiB; send it in parts."
        )
    try:
        with wave.open(io.BytesIO(source)) as file:
            rate, width, channels = file.getframerate(), file.getsampwidth(), file.getnchannels()
    except (wave.Error, EOFError, ValueError) as error:
        raise RequestInvalid("source_unreadable", "Send the recording as a WAV file of PCM samples.") from error
    if not _RATES[0] <= rate <= _RATES[1] or channels not in (1, 2) or width not in (2, 3, 4):
        raise RequestInvalid("source_unreadable", "Send one or two channels of 16 to 32 bits at 8 to 192 kHz.")
    # By the bytes that are there: a header may say anything.
    seconds: float = max(len(source) - _HEADER_BYTES, 0) / (rate * width * channels)
    if seconds > MAX_SECONDS:
        raise RequestInvalid(
            "source_too_long", f"At most {MAX_SECONDS:.0f} seconds are converted at once; send it in parts."
        )
    if seconds < 0.3:
        raise RequestInvalid("source_unreadable", "There is no speech in less than 0.3 seconds.")
    return seconds
