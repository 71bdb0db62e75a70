"""``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key-header-07) on every POST that creates work.

Per principal: the same key with the same request repeats the first answer (``Idempotent-Replayed: true``), with another request it is 422,
while the first is still being answered 409. The row that holds the answer commits in the same transaction as the work: a process that dies
in between leaves neither, and the key can be used again once its hold has lapsed. Refusals on purpose are answers too; faults (5xx) are not
stored.

Answers are stored sealed, under a data key of the day that is destroyed when its answers have lapsed: a new API key or webhook secret is in
some of them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable
from datetime import date, timedelta

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel

from audiokit.clock import now
from safeguards import vault
from vivavoce.accounts.principals import Principal
from vivavoce.api.errors import foreseen, to_problem
from vivavoce.api.models import IdempotencyRecord, ReplayKey
from vivavoce.api.problems import MEDIA_TYPE, Problem, document

HEADER = "Idempotency-Key"
KEEP = timedelta(hours=24)
HOLD = timedelta(seconds=60)
MAX_STORED_BYTES = 64 * 1024
_FORM = re.compile(r"[\x21-\x7e]{1,255}")


def answer_once(
    request: HttpRequest, principal: Principal, work: Callable[[], BaseModel], *, status: int = 201
) -> HttpResponse:
    """Do ``work`` and answer with what it returns, or repeat the answer that this key had before.

    Raises:
        Problem: 400 ``idempotency_key_malformed``, 409 ``idempotency_in_flight``, 422 ``idempotency_key_reused``.
        What ``work`` raises, when no key was sent.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return _json(work().model_dump_json().encode(), status)
    if not _FORM.fullmatch(key):
        raise Problem(400, "idempotency_key_malformed", "An Idempotency-Key has 1 to 255 visible ASCII characters.")
    record = _hold(principal, _mac(principal.id, key), _fingerprint(request))
    if record.status is not None:
        return _replay(record)
    try:
        with transaction.atomic():
            outcome = _outcome(request, work, status)
            _settle(record, *outcome)
    except Exception:
        IdempotencyRecord.objects.filter(pk=record.pk, token=record.token, status=None).delete()
        raise
    return _json(outcome[1], outcome[0])


def forget_due() -> int:
    """Drop what has lapsed, and the keys of days of which nothing is left; returns how many answers were dropped."""
    moment = now()
    dropped = IdempotencyRecord.objects.filter(expires_at__lt=moment).delete()[0]
    for old in ReplayKey.objects.filter(day__lt=(moment - 2 * KEEP).date()):
        with transaction.atomic():
            data_key_id = old.data_key_id
            old.delete()
            vault.keys.destroy(data_key_id)
    return dropped


def _outcome(request: HttpRequest, work: Callable[[], BaseModel], status: int) -> tuple[int, bytes]:
    """Status and body of the work, or of its refusal: the services roll back or commit what their own blocks hold."""
    try:
        return status, work().model_dump_json().encode()
    except foreseen() as error:
        problem = to_problem(error)
        if problem.status >= 500 or problem.status == 429:
            raise
        return problem.status, json.dumps(document(problem, getattr(request, "request_id", ""))).encode()


def _hold(principal: Principal, key_hash: str, request_hash: str) -> IdempotencyRecord:
    """The row of this key: held by this request (``status`` None), or answered before."""
    moment = now()
    token = secrets.token_hex(16)
    fresh = {
        "request_hash": request_hash,
        "token": token,
        "in_flight_until": moment + HOLD,
        "status": None,
        "body_sealed": None,
        "replay_key": None,
        "created_at": moment,
        "expires_at": moment + KEEP,
    }
    try:
        with transaction.atomic():
            return IdempotencyRecord.objects.create(principal=principal.id, key_hash=key_hash, **fresh)
    except IntegrityError:
        pass
    mine = IdempotencyRecord.objects.filter(principal=principal.id, key_hash=key_hash)
    lapsed = Q(expires_at__lt=moment) | Q(in_flight_until__lt=moment, request_hash=request_hash)
    if mine.filter(lapsed).update(**fresh):
        return mine.get(token=token)
    found = mine.first()
    if found is None or (found.status is None and found.request_hash == request_hash):
        raise Problem(
            409,
            "idempotency_in_flight",
            "The first request with this Idempotency-Key is still being answered; try again in a moment.",
            headers={"Retry-After": "1"},
        )
    if found.request_hash != request_hash:
        raise Problem(
            422, "idempotency_key_reused", "This Idempotency-Key was used for another request; use a new one."
        )
    return found


def _settle(record: IdempotencyRecord, status: int, body: bytes) -> None:
    """Store the answer, unless another request took the lapsed hold over: then this one's work must not stand."""
    if len(body) > MAX_STORED_BYTES:
        raise ValueError("an idempotent answer is too large to store")
    replay_key = _key_of(now().date())
    stored = IdempotencyRecord.objects.filter(pk=record.pk, token=record.token, status=None).update(
        status=status,
        in_flight_until=None,
        body_sealed=vault.seal(replay_key.data_key_id, body, context=f"api.replay:{record.pk}"),
        replay_key=replay_key,
    )
    if not stored:
        raise Problem(409, "idempotency_in_flight", "Another request with this Idempotency-Key took over.")


def _key_of(day: date) -> ReplayKey:
    found = ReplayKey.objects.filter(day=day).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return ReplayKey.objects.create(day=day, data_key=vault.keys.create())
    except IntegrityError:
        return ReplayKey.objects.get(day=day)


def _replay(record: IdempotencyRecord) -> HttpResponse:
    if record.replay_key is None or record.body_sealed is None or record.status is None:
        raise RuntimeError("an answered idempotency row lacks its answer")
    body = vault.open(record.replay_key.data_key_id, bytes(record.body_sealed), context=f"api.replay:{record.pk}")
    response = _json(body, record.status)
    response["Idempotent-Replayed"] = "true"
    return response


def _json(body: bytes, status: int) -> HttpResponse:
    return HttpResponse(body, status=status, content_type="application/json" if status < 400 else MEDIA_TYPE)


def _mac(principal_id: str, key: str) -> str:
    pepper = base64.b64decode(settings.VIVAVOCE_KEY_PEPPER[0])
    return hmac.new(pepper, f"vivavoce/idempotency/v1\x00{principal_id}\x00{key}".encode(), "sha256").hexdigest()


def _fingerprint(request: HttpRequest) -> str:
    """Over method, path and body. Of a multipart body the parts count, not the boundary, which clients draw anew for a retry."""
    digest = hashlib.sha256(f"{request.method}\x00{request.get_full_path()}\x00".encode())
    if request.content_type == "multipart/form-data":
        for name, values in sorted(request.POST.lists()):
            digest.update(json.dumps([name, values]).encode())
        for name, files in sorted(request.FILES.lists()):
            for file in files:
                digest.update(json.dumps([name, _file_digest(file)]).encode())
    else:
        digest.update(request.body)
    return digest.hexdigest()


def _file_digest(file: UploadedFile[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
