"""Was this clip made here? For anybody, who learns no more than that; and for auditors, with the chain."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from audiokit import AudioError
from synthesis import selectors, services
from synthesis.errors import RequestInvalid
from vivavoce.web.session import page, person, sentence
from vivavoce.web.uploads import recording


@require_http_methods(["GET", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """The public page; needs no account and never tells who."""
    job, problem = None, ""
    if request.method == "POST":
        try:
            job = services.verify_submit(data=recording(request), kind="verify", audience="public")
        except (AudioError, RequestInvalid) as error:
            problem = sentence(error)
    shown: dict[str, Any] = {"job_id": job.pk if job else None, "problem": problem, "auditor": False}
    return render(request, "web/check.html", shown, status=422 if problem else 200)


@require_GET
def check_result(request: HttpRequest, job_id: str) -> HttpResponse:
    """Polled while the worker listens."""
    return _result(request, job_id, "public", "")


@require_http_methods(["GET", "POST"])
@page
def audit(request: HttpRequest) -> HttpResponse:
    """The auditor's page."""
    who = person(request)
    if not who.is_auditor:
        raise Http404
    job = None
    if request.method == "POST":
        job = services.verify_submit(
            data=recording(request), kind="verify", audience="auditor", asked_by=who.account_id
        )
    return render(request, "web/check.html", {"job_id": job.pk if job else None, "auditor": True})


@require_GET
@page
def audit_result(request: HttpRequest, job_id: str) -> HttpResponse:
    """The report, with the chain clip to consent."""
    who = person(request)
    if not who.is_auditor:
        raise Http404
    return _result(request, job_id, "auditor", who.account_id)


@require_GET
@page
def audit_report(request: HttpRequest, job_id: str) -> HttpResponse:
    """The signed report, to keep."""
    return _file(json.dumps(_report(request, job_id), ensure_ascii=False, indent=1), f"report-{job_id}.json")


@require_GET
@page
def audit_proofs(request: HttpRequest, job_id: str) -> HttpResponse:
    """The chain's entries of the log with their proofs, as the stand-alone verifier reads them."""
    proofs = _report(request, job_id).get("proofs")
    if not proofs:
        raise Http404
    return _file(str(proofs), f"proofs-{job_id}.json")


def _report(request: HttpRequest, job_id: str) -> dict[str, Any]:
    who = person(request)
    if not who.is_auditor:
        raise Http404
    report = selectors.verify_get(job_id=job_id, audience="auditor", asked_by=who.account_id).result
    if not report:
        raise Http404
    return report


def _file(text: str, name: str) -> HttpResponse:
    answer = HttpResponse(text, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _result(request: HttpRequest, job_id: str, audience: str, asked_by: str) -> HttpResponse:
    try:
        view = selectors.verify_get(job_id=job_id, audience=audience, asked_by=asked_by)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    if not request.headers.get("HX-Request"):
        return render(request, "web/check.html", {"job_id": view.id, "auditor": audience == "auditor"})
    return render(
        request,
        "web/parts/verdict.html",
        {
            "job": view,
            "pending": view.state in {"pending", "leased"},
            "auditor": audience == "auditor",
            "result": view.result or {},
        },
    )
