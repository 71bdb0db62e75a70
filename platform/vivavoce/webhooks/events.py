"""What apps are told, and from which entries of the log it comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from synthesis.models import SynthesisRequest
from synthesis.states import RequestState
from voices.models import Consent, Grant


@dataclass(frozen=True, slots=True)
class News:
    """One organisation's piece of news; ``data`` names objects by id and nothing else about anybody."""

    organisation_id: str
    data: dict[str, object]


Telling = Callable[[str], list[News]]


def _request(request_id: str) -> list[News]:
    row = SynthesisRequest.objects.select_related("clip").filter(pk=request_id).first()
    if row is None:
        return []
    data: dict[str, object] = {
        "synthesis_id": row.pk,
        "voice_id": row.voice_id,
        "grant_id": row.grant_id,
        "state": row.state,
    }
    if row.state == RequestState.RELEASED:
        data |= {
            "clip_id": row.clip.pk,
            "format": row.format,
            "sha256": row.clip.sha256,
            "log_index": row.clip.log_index,
        }
    if row.refusal_code:
        data["code"] = row.refusal_code
    return [News(row.organisation_id, data)]


def _grant(grant_id: str) -> list[News]:
    row = Grant.objects.filter(pk=grant_id).first()
    if row is None:
        return []
    return [News(row.organisation_id, {"grant_id": row.pk, "voice_id": row.voice_id, "state": row.state})]


def _voice(voice_id: str) -> list[News]:
    """To everybody whose grant the owner once approved."""
    rows = Grant.objects.filter(voice_id=voice_id).exclude(approved_at=None)
    organisations = rows.values_list("organisation_id", flat=True).distinct()
    return [News(organisation_id, {"voice_id": voice_id}) for organisation_id in organisations]


def _consent(consent_id: str) -> list[News]:
    row = Consent.objects.filter(pk=consent_id).first()
    return [] if row is None else _voice(row.voice_id)


TOLD: Mapping[EventType, tuple[str, Telling]] = {
    EventType.REQUEST_RELEASED: ("clip.released", _request),
    EventType.REQUEST_REFUSED: ("request.refused", _request),
    EventType.REQUEST_FAILED: ("request.failed", _request),
    EventType.REQUEST_CANCELLED: ("request.cancelled", _request),
    EventType.REQUEST_CANCELLED_REVOKED: ("request.cancelled", _request),
    EventType.GRANT_ACTIVATED: ("grant.approved", _grant),
    EventType.GRANT_DECLINED: ("grant.refused", _grant),
    EventType.GRANT_EXHAUSTED: ("grant.exhausted", _grant),
    EventType.GRANT_EXPIRED: ("grant.expired", _grant),
    EventType.GRANT_REVOKED: ("grant.revoked", _grant),
    EventType.CONSENT_ACTIVATED: ("consent.activated", _consent),
    EventType.CONSENT_EXPIRED: ("consent.expired", _consent),
    EventType.CONSENT_WITHDRAWN: ("consent.withdrawn", _consent),
    EventType.VOICE_SUSPENDED: ("voice.suspended", _voice),
    EventType.VOICE_RESUMED: ("voice.resumed", _voice),
    EventType.VOICE_REVOKED: ("voice.revoked", _voice),
    EventType.VOICE_ERASED: ("voice.erased", _voice),
}
TEST = "webhook.test"
TYPES: tuple[str, ...] = tuple(dict.fromkeys(name for name, _ in TOLD.values()))


def read(entry: Entry) -> tuple[str, list[News]] | None:
    """The type and the news in an entry; None for one that concerns no app."""
    found = TOLD.get(EventType(entry.type))
    if found is None:
        return None
    name, tell = found
    return name, tell(entry.subject.partition(":")[2])
