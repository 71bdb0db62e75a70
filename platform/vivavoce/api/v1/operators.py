"""The operators' list of protected voices. Voices are put on it with ``vivavoce voices protect``, where the encoder runs."""

from __future__ import annotations

import base64
import binascii

from django.http import HttpResponse
from ninja import Router, Status
from pydantic import Field

from vivavoce.accounts.principals import need_operator
from vivavoce.api.auth import CREDENTIALS, ApiRequest
from vivavoce.api.idempotency import answer_once
from vivavoce.api.identifiers import Identifier
from vivavoce.api.problems import Problem
from vivavoce.api.v1.schemas.base import Before, In, Limit, Moment, Out, Page, page
from voices import selectors, services
from voices.models import ProtectedVoice

router = Router(tags=["operators"], auth=CREDENTIALS)


class ProtectedIn(In):
    """A voice that nobody may enrol."""

    label: str = Field(min_length=1, max_length=120)
    embedding: str = Field(max_length=65_536, description="Base64 of the encoder's little-endian float32 values.")
    version: str = Field(
        min_length=1, max_length=64, description="Encoder and calibration, as the encoder names itself."
    )


class ProtectedOut(Out):
    """An entry of the list; its label is sealed."""

    id: str
    version: str
    created_at: Moment

    @classmethod
    def of(cls, row: ProtectedVoice) -> ProtectedOut:
        """From its row."""
        return cls(id=row.pk, version=row.version, created_at=row.created_at)


@router.get("", response=Page[ProtectedOut], summary="List protected voices")
def index(request: ApiRequest, before: Before = None, limit: Limit = 50) -> Page[ProtectedOut]:
    """Newest first."""
    rows = selectors.protected_voices(operator_id=need_operator(request.auth).account_id)
    return page(rows, before, limit, ProtectedOut.of)


@router.post("", response={201: ProtectedOut}, summary="Protect a voice")
def create(request: ApiRequest, payload: ProtectedIn) -> HttpResponse:
    """From an embedding made elsewhere; the web process loads no model."""
    person = need_operator(request.auth)
    try:
        embedding = base64.b64decode(payload.embedding, validate=True)
    except binascii.Error as error:
        raise Problem(422, "embedding_invalid", "The embedding must be base64.") from error

    def work() -> ProtectedOut:
        row = services.protected_voice_add(
            operator_id=person.account_id, label=payload.label, embedding=embedding, version=payload.version
        )
        return ProtectedOut.of(row)

    return answer_once(request, person, work)


@router.delete("/{protected_id}", response={204: None}, summary="Take a voice off the list")
def remove(request: ApiRequest, protected_id: Identifier) -> Status[None]:
    """It can be enrolled again."""
    services.protected_voice_remove(operator_id=need_operator(request.auth).account_id, protected_id=protected_id)
    return Status(204, None)
