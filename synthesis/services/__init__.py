"""Everything that changes a row of this room, for interfaces (API, console, tasks). Keyword-only; one call is one transaction.

Each transition is one conditional UPDATE with its audit entry, and its job row, in the same transaction. Nothing here loads torch.

For the web side::

    from synthesis.services import request_accept, request_cancel, clip_delete, verify_submit

    request_accept(*, organisation_id: str, api_key_id: str, world: str, voice_id: str, text: str, purpose: str,
                   language: str = "en", format: str = "mp3", speed: float = 1.0, pitch: float = 0.0, emotion: str = "",
                   valence: float = 0.0, arousal: float = 0.0, style: str = "",
                   seed: int | None = None, stream: bool = False,
                   timestamps: bool = False, grant_id: str | None = None) -> SynthesisRequest
        The gate's permit is derived inside; quota is reserved; the RenderJob is written; a worker is nudged.
        Raises Refusal (gate), RequestInvalid (``text_empty``, ``text_too_long``, ``text_unreadable``, ``purpose_unknown``, ``language_unknown``,
        ``format_unknown``, ``speed_out_of_range``,
        ``pitch_out_of_range``, ``emotion_unknown``, ``valence_out_of_range``, ``arousal_out_of_range``, ``style_unreadable``,
        ``seed_out_of_range``, ``stream_format_unsupported``, ``timestamps_of_stream``),
        voices.errors.NotFound (no such voice, or none this organisation has to do with).
        The sandbox actor's voice needs no grant and ``purpose`` may be empty; everything else about it is the same.
    conversion_accept(*, organisation_id: str, api_key_id: str, world: str, voice_id: str, source: bytes, purpose: str,
                      language: str = "en", format: str = "mp3", transcript: str = "", seed: int | None = None,
                      grant_id: str | None = None) -> SynthesisRequest
        Somebody's speech (WAV) to be said in the voice; everything after is as for a text. Raises as request_accept, and RequestInvalid
        (``source_unreadable``, ``source_too_long``, ``source_too_large``).
    request_cancel(*, request_id: str, organisation_id: str, world: str, actor: str) -> SynthesisRequest
        Idempotent on requests that have ended; raises NotFound.
    clip_delete(*, clip_id: str, organisation_id: str, world: str, actor: str) -> None
        Drops the bytes for good; the row and its fingerprint stay, so that the clip can still be recognised.
    verify_submit(*, data: bytes, kind: "verify" | "detect", audience: "public" | "app" | "auditor", asked_by: str = "") -> VerifyJob
        ``asked_by`` is the organisation id for audience ``app``, an account id for ``auditor``, empty for ``public``.
        Raises RequestInvalid (``upload_empty``, ``upload_too_large``). The sound itself is judged by the worker:
        a job that ends ``failed`` has audiokit's code in ``error_code``.

    from synthesis.selectors import (request_get, request_list, request_text, clip_get, clip_list, uses_of_account, training_progress, verify_get)

    request_get(*, request_id: str, organisation_id: str, world: str) -> SynthesisRequest        (``.clip`` preloaded where released)
    request_list(*, organisation_id: str, world: str, limit: int = 50, before: str = "") -> list[SynthesisRequest]   newest first
    request_text(request: SynthesisRequest) -> str | None                                      None once erased
    clip_get(*, clip_id: str, organisation_id: str, world: str) -> Clip
    clip_list(*, organisation_id: str, world: str, limit: int = 50, before: str = "") -> list[Clip]
    uses_of_account(*, account_id: str, world: str | None = None, voice_id: str | None = None, limit: int = 100, before: str = "") -> list[SynthesisRequest]
        Every use of the voices an account owns, with organisation, grant and clip preloaded.
    usage_by_day(*, organisation_id: str, world: str, days: int = 30) -> list[DayOfUse]          oldest first, none left out
    usage_by_voice(*, organisation_id: str, world: str, days: int = 30, most: int = 5) -> list[VoiceOfUse]
    training_progress(*, enrolment_id: str) -> Progress(state: str, share: float, note: str, error_code: str) | None
        The caller has looked the enrolment up, and so its permission.
    verify_get(*, job_id: str, audience: str, asked_by: str = "") -> VerifyView(id, kind, state, error_code, result: dict | None)
        The result is already cut to what the audience may know: ``verdict``, ``explanation``, ``techniques`` for all; for an app's own
        clip also ``clip``, ``request``, ``released_at``, ``conflicts``; for auditors ``chain``, ``proofs`` (the text of a bundle file for
        ``safeguards.audit.verify``), ``detector`` and ``signature`` (``synthesis.verification.report``). Raises NotFound for another's job.
    view_get(*, job_id: str, asked_by: str) -> bytes
        ``synthesis.verification.view.SoundView`` of an auditor's own upload, for a day. Raises NotFound.

    from synthesis.egress import delivery

    delivery.open_clip(*, clip_id: str, organisation_id: str, world: str) -> ClipFile
        .size: int  .media_type: str  .filename: str  .sha256: str  .read(start: int, end: int) -> bytes   (end exclusive)
        Decrypts on the fly. Ownership, revocation and erasure are checked at each opening and each read.
        Raises NotFound (stranger, or no such clip), Refusal (``voice_revoked``, ``consent_withdrawn``, ``clip_erased`` …).
    delivery.open_clip_as_owner(*, clip_id: str, account_id: str) -> ClipFile
        For the owner of the voice, whoever asked for the clip; only erasure ends it.
    delivery.stream_windows(*, request_id: str, organisation_id: str, world: str, after_index: int = -1) -> list[Window]
        Window(index: int, data: bytes, last: bool): bytes already marked and checked, in order, those that exist by now.
        Poll it; the stream ends at ``last`` or when request_get(...).state is terminal. Raises as open_clip.
        The windows' bytes in order are the delivered stream (``delivery.STREAM_FORMATS``); the final clip is stored like any other.

    synthesis.egress.delivery.media_type(format) -> str

Errors: ``synthesis.errors.RequestInvalid`` is a ``voices.errors.Invalid``; strangers get ``voices.errors.NotFound``.
States a request ends in: ``synthesis.states.TERMINAL``; the code is in ``.refusal_code``, the sentence in ``.refusal_detail``.
"""

from synthesis.services.clips import clip_delete
from synthesis.services.conversions import conversion_accept
from synthesis.services.requests import request_accept, request_cancel
from synthesis.services.verification import verify_submit

__all__ = ["clip_delete", "conversion_accept", "request_accept", "request_cancel", "verify_submit"]
