"""The web side of the exit: bytes to those who may have them, decrypted on the fly. Loads no model.

Ownership, revocation and erasure are asked of the rows at each opening and at each read, so that a revocation stops a
download that is under way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from audiokit import EXTENSIONS, MEDIA_TYPES
from safeguards import vault
from safeguards.errors import Refusal
from safeguards.gate.reasons import Reason
from safeguards.vault.blobs import BlobReader
from synthesis import sealing, storage
from synthesis.controls import STREAM_FORMATS
from synthesis.models import Clip, StreamWindow, SynthesisRequest
from synthesis.subtitles import Word
from voices.errors import NotFound
from voices.models import Consent
from voices.selectors.lookup import one
from voices.states import ConsentState, GrantState, VoiceState

__all__ = [
    "STREAM_FORMATS",
    "ClipFile",
    "Window",
    "clip_words",
    "media_type",
    "open_clip",
    "open_clip_as_owner",
    "stream_windows",
]


def media_type(format: str) -> str:  # noqa: A002 -- the public name
    """The MIME type of a delivery format."""
    return MEDIA_TYPES[format]


@dataclass(frozen=True)
class ClipFile:
    """One clip, open for reading. Close it, or use it in a ``with`` block.

    Attributes:
        size: bytes.
        sha256: of the whole, lower-case hexadecimal.
    """

    clip_id: str
    media_type: str
    filename: str
    sha256: str
    size: int
    _reader: BlobReader = field(repr=False)
    _for_owner: bool = False

    def read(self, start: int, end: int) -> bytes:
        """Bytes ``start`` to ``end``, end exclusive.

        Raises:
            Refusal: the permission was taken back, or the clip was erased, since it was opened.
            ValueError: unless ``0 <= start <= end <= size``.
        """
        clip = Clip.objects.select_related("request__voice", "request__grant").get(pk=self.clip_id)
        if self._for_owner:
            _check_not_erased(clip.request)
        else:
            _check_still_allowed(clip.request)
        _check_there(clip)
        return self._reader.read(start, end)

    def close(self) -> None:
        """Give back the stored file or connection."""
        self._reader.close()

    def __enter__(self) -> ClipFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_clip(*, clip_id: str, organisation_id: str, world: str) -> ClipFile:
    """Open a clip of one's own.

    Raises:
        NotFound: no such clip, or a stranger's.
        Refusal: the owner took the permission back (``voice_revoked``, ``grant_revoked``, ``consent_withdrawn``,
            ``voice_erased``, ``voice_suspended``), or the clip was deleted (``clip_erased``).
    """
    mine = Clip.objects.filter(request__organisation_id=organisation_id, world=world)
    clip = one(mine.select_related("request__voice", "request__grant"), clip_id)
    _check_still_allowed(clip.request)
    return _opened(clip, for_owner=False)


def open_clip_as_owner(*, clip_id: str, account_id: str) -> ClipFile:
    """Open a clip that was made with a voice of this account, whoever asked for it.

    The owner hears what was said in their voice after they took the permission back as well; only erasure ends that.

    Raises:
        NotFound: no such clip, or of a stranger's voice.
        Refusal: ``voice_erased``, ``clip_erased``.
    """
    of_mine = Clip.objects.filter(request__voice__owner__account_id=account_id)
    clip = one(of_mine.select_related("request__voice", "request__grant"), clip_id)
    _check_not_erased(clip.request)
    return _opened(clip, for_owner=True)


def _opened(clip: Clip, *, for_owner: bool) -> ClipFile:
    _check_there(clip)
    try:
        reader = storage.open_range(clip.blob, clip.request.data_key_id)
    except (vault.KeyDestroyed, vault.BlobMissing) as error:
        raise _refusal_erased() from error
    return ClipFile(
        clip_id=clip.pk,
        media_type=media_type(clip.format),
        filename=f"{clip.pk}{EXTENSIONS[clip.format]}",
        sha256=clip.sha256,
        size=reader.size,
        _reader=reader,
        _for_owner=for_owner,
    )


def clip_words(*, clip_id: str, organisation_id: str, world: str) -> list[Word]:
    """When each word of a clip of one's own is heard, from the beginning of the delivered file.

    Raises:
        NotFound: no such clip, or a stranger's, or its times were not asked for.
        Refusal: as :func:`open_clip`.
    """
    mine = Clip.objects.filter(request__organisation_id=organisation_id, world=world)
    clip = one(mine.select_related("request__voice", "request__grant"), clip_id)
    _check_still_allowed(clip.request)
    _check_there(clip)
    sealed = clip.request.words_sealed
    if sealed is None:
        raise NotFound
    try:
        plain = vault.open(clip.request.data_key_id, bytes(sealed), context=sealing.words(clip.request_id))
    except vault.KeyDestroyed as error:
        raise _refusal_erased() from error
    lead = clip.lead_seconds
    return [Word(text, round(start + lead, 3), round(end + lead, 3)) for text, start, end in json.loads(plain)]


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of a stream that may leave: already marked and checked."""

    index: int
    data: bytes
    last: bool


def stream_windows(*, request_id: str, organisation_id: str, world: str, after_index: int = -1) -> list[Window]:
    """The windows after ``after_index`` that exist by now, in order and without a gap.

    Raises:
        NotFound: no such request, or a stranger's.
        Refusal: as :func:`open_clip`.
    """
    mine = SynthesisRequest.objects.filter(organisation_id=organisation_id, world=world)
    request = one(mine.select_related("voice", "grant"), request_id)
    _check_still_allowed(request)
    found: list[Window] = []
    rows = StreamWindow.objects.filter(request=request, index__gt=after_index).order_by("index")
    for row in rows:
        if row.index != after_index + 1 + len(found):
            break
        context = sealing.window(request.pk, row.index)
        found.append(Window(row.index, vault.open(request.data_key_id, bytes(row.sealed), context=context), row.last))
    return found


def _check_still_allowed(request: SynthesisRequest) -> None:
    """Taking back a permission stops delivery of what was already made; that it ran out in good order does not.

    Raises:
        Refusal: revoked, withdrawn, suspended or erased.
    """
    _check_not_erased(request)
    state = request.voice.state
    if state == VoiceState.REVOKED:
        raise _refusal(Reason.VOICE_REVOKED)
    if state == VoiceState.SUSPENDED:
        raise _refusal(Reason.VOICE_SUSPENDED)
    if request.grant is not None and request.grant.state == GrantState.REVOKED:
        raise _refusal(Reason.GRANT_REVOKED)
    latest = Consent.objects.filter(voice_id=request.voice_id).order_by("-active_at").exclude(active_at=None).first()
    if latest is not None and latest.state == ConsentState.WITHDRAWN:
        raise _refusal(Reason.CONSENT_WITHDRAWN)


def _check_not_erased(request: SynthesisRequest) -> None:
    if request.voice.state == VoiceState.ERASED:
        raise _refusal(Reason.VOICE_ERASED)


def _check_there(clip: Clip) -> None:
    if clip.erased_at is not None or not clip.blob:
        raise _refusal_erased()


def _refusal(reason: Reason) -> Refusal:
    return Refusal(str(reason), reason.sentence)


def _refusal_erased() -> Refusal:
    return Refusal("clip_erased", "This clip was deleted. Request the text again if you still need it.")
