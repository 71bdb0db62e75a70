"""The steps of a request. Each is one conditional UPDATE and its audit entry, in one transaction.

Zero rows touched is normal: somebody revoked, cancelled, or did the step before us. Going back, or ahead of the table in
``synthesis.states``, is an error of our own code.

Rows are always locked in the order voice, consent, grant, request, log, so that a revocation and a release never wait for
each other in a circle. Locks leave the keys free (``no_key``): PostgreSQL checks foreign keys at the commit, after the log's lock.
"""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.db.models import Q

from audiokit.clock import now
from safeguards.audit import log
from safeguards.audit.events import EventType
from safeguards.errors import Refusal
from safeguards.vault import blobs
from synthesis.models import EgressJob, RawWindow, RenderJob, StreamWindow, SynthesisRequest
from synthesis.states import REQUEST, TERMINAL, RequestState
from voices import jobs
from voices.models import Grant
from voices.services.quota import grant_return

_ORDER = (
    RequestState.ACCEPTED,
    RequestState.QUEUED,
    RequestState.RUNNING,
    RequestState.MARKING,
    RequestState.VERIFYING,
)
# Of the gate's reasons, those that mean the person took the permission back; everything else ends a request as refused.
REVOKED_CODES = frozenset({"voice_revoked", "voice_erased", "consent_withdrawn", "grant_revoked"})


def request_queue(*, request_id: str, actor: str = "worker:render") -> bool:
    """Taken into a batch. True while the request is still wanted."""
    return _step(request_id, RequestState.QUEUED, EventType.REQUEST_QUEUED, actor)


def request_start(*, request_id: str, actor: str = "worker:render") -> bool:
    """The engine begins. True while the request is still wanted."""
    return _step(request_id, RequestState.RUNNING, EventType.REQUEST_RUNNING, actor)


def request_mark(*, request_id: str, actor: str = "worker:egress") -> bool:
    """The watermark is about to be embedded. True while the request is still wanted."""
    return _step(request_id, RequestState.MARKING, EventType.REQUEST_MARKING, actor)


def request_verify(*, request_id: str, actor: str = "worker:egress") -> bool:
    """The mark is about to be looked for in the delivery format. True while the request is still wanted."""
    return _step(request_id, RequestState.VERIFYING, EventType.REQUEST_VERIFYING, actor)


def request_refuse(*, request_id: str, refusal: Refusal, actor: str) -> bool:
    """The gate said no after accepting. False when the request had ended already."""
    if revoked := next((code for code in refusal.codes if code in REVOKED_CODES), None):
        return request_revoked(request_id=request_id, code=revoked, actor=actor, sentence=refusal.sentence)
    return _end(
        request_id, RequestState.REFUSED, EventType.REQUEST_REFUSED, actor, code=refusal.code, sentence=refusal.sentence
    )


def request_fail(*, request_id: str, code: str, sentence: str, actor: str) -> bool:
    """It could not be made. False when the request had ended already."""
    return _end(request_id, RequestState.FAILED, EventType.REQUEST_FAILED, actor, code=code, sentence=sentence)


def request_fail_unmarked(*, request_id: str, code: str, sentence: str, actor: str) -> bool:
    """The mark was not found in the finished bytes, which are gone. The log says so beside the failure itself."""
    with transaction.atomic():
        if not request_fail(request_id=request_id, code=code, sentence=sentence, actor=actor):
            return False
        world = SynthesisRequest.objects.values_list("world", flat=True).get(pk=request_id)
        subject = f"request:{request_id}"
        log.append(EventType.CLIP_MARK_MISSING, actor=actor, subject=subject, world=world, body={"code": code})
    return True


def request_revoked(*, request_id: str, code: str, actor: str, sentence: str = "") -> bool:
    """The permission was taken back on the way. False when the request had ended already."""
    return _end(
        request_id,
        RequestState.CANCELLED_REVOKED,
        EventType.REQUEST_CANCELLED_REVOKED,
        actor,
        code=code,
        sentence=sentence or "The owner took the permission back before the clip was released.",
    )


def request_withdraw(*, request_id: str, actor: str) -> bool:
    """Its own app no longer wants it. False when the request had ended already."""
    return _end(
        request_id,
        RequestState.CANCELLED_REVOKED,
        EventType.REQUEST_CANCELLED,
        actor,
        code="cancelled_by_app",
        sentence="The app cancelled this request.",
    )


def _step(request_id: str, new: RequestState, event: EventType, actor: str) -> bool:
    old = _ORDER[_ORDER.index(new) - 1]
    if new not in REQUEST[old]:
        raise RuntimeError(f"{old} -> {new} is not a transition of a request")
    with transaction.atomic():
        if SynthesisRequest.objects.filter(pk=request_id, state=old).update(state=new):
            world = SynthesisRequest.objects.values_list("world", flat=True).get(pk=request_id)
            log.append(event, actor=actor, subject=f"request:{request_id}", world=world)
            return True
    state = SynthesisRequest.objects.values_list("state", flat=True).get(pk=request_id)
    if state in TERMINAL:
        return False
    if _ORDER.index(RequestState(state)) < _ORDER.index(new):
        raise RuntimeError(f"a request in {state} cannot go to {new}")
    return True  # a worker before us came this far


def _end(request_id: str, new: RequestState, event: EventType, actor: str, *, code: str, sentence: str) -> bool:
    with transaction.atomic():
        for ended, world in end_open_rows(Q(pk=request_id), new, code=code, sentence=sentence):
            log.append(event, actor=actor, subject=f"request:{ended}", world=world, body={"code": code})
            return True
    return False


def end_open_rows(wanted: Q, new: RequestState, *, code: str, sentence: str) -> list[tuple[str, str]]:
    """End requests without a clip, inside the caller's transaction: quota given back, jobs stopped, raw audio dropped.

    Returns:
        Id and world of each request that was open and is ended now; the caller appends an entry for each.
    """
    open_states = [state for state, following in REQUEST.items() if new in following]
    open_requests = SynthesisRequest.objects.filter(wanted, state__in=open_states)
    # Grants first (see above). A request that is released meanwhile gives nothing back: the UPDATE below decides.
    grants = open_requests.exclude(grant=None).values_list("grant_id", flat=True)
    list(Grant.objects.filter(pk__in=list(grants)).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    ended: list[tuple[str, str]] = []
    for request in open_requests.order_by("pk"):
        moved = SynthesisRequest.objects.filter(pk=request.pk, state__in=open_states).update(
            state=new, refusal_code=code[:64], refusal_detail=sentence, ended_at=now(), reserved_characters=0
        )
        if not moved:
            continue
        if request.grant_id is not None and request.reserved_characters:
            grant_return(grant_id=request.grant_id, characters=request.reserved_characters)
        stop_jobs(request.pk)
        ended.append((request.pk, request.world))
    return ended


def stop_jobs(request_id: str) -> None:
    """Cancel what waits, ask what runs to stop at its next step, drop what was not released."""
    only = Q(request_id=request_id)
    jobs.cancel(RenderJob, only)
    jobs.cancel(EgressJob, only)
    RenderJob.objects.filter(request_id=request_id, raw__isnull=False).update(raw=None)
    drop_source(request_id)
    RawWindow.objects.filter(request_id=request_id).delete()
    StreamWindow.objects.filter(request_id=request_id).delete()


def drop_source(request_id: str) -> None:
    """Remove the recording that was to be converted, inside the caller's transaction; a text request has none."""
    rows = SynthesisRequest.objects.filter(pk=request_id).exclude(source_blob="")
    refs = list(rows.values_list("source_blob", flat=True))
    rows.update(source_blob="")
    transaction.on_commit(partial(_delete, refs), robust=True)


def _delete(refs: list[str]) -> None:
    for ref in refs:
        blobs.delete(ref)
