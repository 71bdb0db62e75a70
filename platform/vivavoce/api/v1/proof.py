"""Was this clip made here? Is it synthetic? And the log that the answers rest on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from safeguards.audit import logkeys, proofs, tree
from safeguards.audit.bundle import key_file
from safeguards.audit.checkpoints import checkpoint_latest
from safeguards.audit.models import Checkpoint, Entry
from synthesis import selectors, services
from vivavoce.accounts.errors import Forbidden
from vivavoce.accounts.principals import AppPrincipal, PersonPrincipal, need_person, need_scope
from vivavoce.api import uploads, waiting
from vivavoce.api.auth import CREDENTIALS, CREDENTIALS_OR_PUBLIC, ApiRequest, OpenRequest, public
from vivavoce.api.identifiers import Identifier
from vivavoce.api.problems import NOT_FOUND, Problem
from vivavoce.api.v1.schemas.base import MAX_PAGE
from vivavoce.api.v1.schemas.proof import AnalysisOut, ConsistencyOut, EntriesOut, EntryOut, InclusionOut

verify = Router(tags=["verification"], auth=CREDENTIALS_OR_PUBLIC)
detect = Router(tags=["verification"], auth=CREDENTIALS_OR_PUBLIC)
log = Router(tags=["log"], auth=[public])
# Of a job's error codes those that say nothing about the upload; all others are audiokit's.
_OUR_FAULTS = frozenset({"analysis_failed", "upload_gone", "worker_died_repeatedly"})
_ANSWERS = {200: AnalysisOut, 202: AnalysisOut}


@verify.post("", response=_ANSWERS, summary="Verify a clip", openapi_extra=uploads.documented())
def start_verify(request: OpenRequest, response: HttpResponse) -> Status[AnalysisOut]:
    """generated_here, not_detected or inconclusive, with each technique's result. Open to everybody; auditors get the chain to the consent.

    200 when done in time, otherwise 202 and a ``Location`` to ask again.
    """
    return _start(request, response, "verify")


@verify.get("/{job_id}", response=AnalysisOut, summary="Read a verification")
def read_verify(request: OpenRequest, job_id: Identifier) -> AnalysisOut:
    """By whoever asked for it."""
    return _read(request, job_id, "verify")


@detect.post("", response=_ANSWERS, summary="Detect synthetic speech", openapi_extra=uploads.documented())
def start_detect(request: OpenRequest, response: HttpResponse) -> Status[AnalysisOut]:
    """A calibrated probability that the speech is synthetic, whoever made it; never a proof that it is human."""
    return _start(request, response, "detect")


@detect.get("/{job_id}", response=AnalysisOut, summary="Read a detection")
def read_detect(request: OpenRequest, job_id: Identifier) -> AnalysisOut:
    """By whoever asked for it."""
    return _read(request, job_id, "detect")


def _audience(request: OpenRequest) -> tuple[Literal["public", "app", "auditor"], str]:
    """How much of the answer this asker may read, and whose job it is."""
    by = request.auth
    if isinstance(by, AppPrincipal):
        need_scope(by, "verify")
        return "app", by.organisation_id
    if isinstance(by, PersonPrincipal):
        if by.is_auditor and "audit" in by.scopes:
            return "auditor", by.account_id
        need_scope(by, "verify")
    return "public", ""


def _start(request: OpenRequest, response: HttpResponse, kind: Literal["verify", "detect"]) -> Status[AnalysisOut]:
    audience, asked_by = _audience(request)
    upload = uploads.receive(request)
    job = services.verify_submit(data=upload.data, kind=kind, audience=audience, asked_by=asked_by)

    def look() -> AnalysisOut | None:
        view = AnalysisOut.of(selectors.verify_get(job_id=job.pk, audience=audience, asked_by=asked_by))
        return view if view.state in {"done", "failed", "cancelled"} else None

    with waiting.seat():
        found = waiting.until(look, seconds=settings.VIVAVOCE_VERIFY_WAIT_SECONDS)
    if found is None:
        response["Location"] = f"/v1/{kind}/{job.pk}"
        response["Retry-After"] = "2"
        return Status(202, AnalysisOut(id=job.pk, kind=kind, state=job.state, error_code=None, result=None))
    if found.state != "done" and found.error_code in _OUR_FAULTS:
        raise Problem(500, found.error_code, "The analysis failed on our side; try again.")
    if found.state != "done":
        raise Problem(422, found.error_code or "upload_unusable", "This file cannot be analysed; send a sound file.")
    return Status(200, found)


def _read(request: OpenRequest, job_id: str, kind: str) -> AnalysisOut:
    audience, asked_by = _audience(request)
    view = selectors.verify_get(job_id=job_id, audience=audience, asked_by=asked_by)
    if view.kind != kind:
        raise Problem(*NOT_FOUND)
    return AnalysisOut.of(view)


@log.get("/checkpoint", summary="Read the latest signed checkpoint")
def checkpoint(
    request: HttpRequest,  # noqa: ARG001
    size: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> HttpResponse:
    """C2SP tlog-checkpoint text; of an earlier ``size`` where one was signed."""
    row = checkpoint_latest() if size is None else Checkpoint.objects.filter(pk=size).first()
    if row is None:
        raise Problem(*NOT_FOUND)
    return HttpResponse(row.note, content_type="text/plain; charset=utf-8")


@log.get("/keys", summary="Read the log's public keys")
def keys(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """A key file for ``python -m safeguards.audit.verify``."""
    text = f"# {logkeys.origin()}\n{key_file()}"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@log.get("/proof/inclusion", response=InclusionOut, summary="Prove that an entry is in the log")
def inclusion(
    request: HttpRequest,  # noqa: ARG001
    index: Annotated[int, Query(ge=0, le=2**62)],
    size: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> InclusionOut:
    """In the tree of ``size`` entries; of the latest checkpoint when left out."""
    at = _signed_size() if size is None else size
    path = _proof(lambda: proofs.inclusion_proof(index, at))
    leaf_hash = Entry.objects.values_list("leaf_hash", flat=True).get(pk=index)
    return InclusionOut(
        index=index,
        size=at,
        leaf_hash=bytes(leaf_hash).hex(),
        root=proofs.root(at).hex(),
        proof=[part.hex() for part in path],
    )


@log.get("/proof/consistency", response=ConsistencyOut, summary="Prove that the log only grew")
def consistency(
    request: HttpRequest,  # noqa: ARG001
    old: Annotated[int, Query(ge=0, le=2**62)],
    new: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> ConsistencyOut:
    """From the tree of ``old`` entries to that of ``new``; to the latest checkpoint when left out."""
    at = _signed_size() if new is None else new
    path = _proof(lambda: proofs.consistency_proof(old, at))
    return ConsistencyOut(
        old=old,
        new=at,
        old_root=proofs.root(old).hex(),
        new_root=proofs.root(at).hex(),
        proof=[part.hex() for part in path],
    )


@log.get("/entries", response=EntriesOut, summary="Read entries", auth=CREDENTIALS)
def entries(
    request: ApiRequest,
    start: Annotated[int, Query(ge=0, le=2**62)] = 0,
    count: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> EntriesOut:
    """For auditors: records name accounts, apps and objects by their ids."""
    if not need_person(request.auth, "audit").is_auditor:
        raise Forbidden("auditor_needed", "This is for auditors.")
    rows = Entry.objects.filter(index__gte=start, index__lt=start + count).order_by("index")
    return EntriesOut(size=tree.size(), entries=[EntryOut.of(row) for row in rows])


def _signed_size() -> int:
    latest = checkpoint_latest()
    if latest is None:
        raise Problem(404, "nothing_signed", "There is no signed checkpoint yet; ask again in a minute.")
    return latest.size


def _proof(make: Callable[[], list[bytes]]) -> list[bytes]:
    try:
        return make()
    except proofs.ProofUnavailable as error:
        raise Problem(422, "proof_unavailable", f"There is no such proof: {error}.") from error
