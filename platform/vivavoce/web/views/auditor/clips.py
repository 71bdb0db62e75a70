"""An auditor puts a clip: verdict, chain to the consent, what the detector says, what the clip looks like, and papers to keep."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_http_methods

from audiokit import AudioError
from safeguards.audit.document import report_bytes
from safeguards.measured import measured
from synthesis import selectors, services
from synthesis.errors import RequestInvalid
from synthesis.selectors import VerifyView
from synthesis.verification.view import SoundView
from vivavoce.web import charts
from vivavoce.web.report_pdf import report_pdf
from vivavoce.web.roles import auditor_page
from vivavoce.web.session import person
from vivavoce.web.uploads import recording, refused
from voices.errors import NotFound


@require_http_methods(["GET", "POST"])
@auditor_page
def audit(request: HttpRequest) -> HttpResponse:
    """Drop a clip in any format; a worker listens."""
    if request.method == "GET":
        return render(request, "web/auditor/clip_new.html")
    asked_by = person(request).account_id
    try:
        job = services.verify_submit(data=recording(request), kind="verify", audience="auditor", asked_by=asked_by)
    except (AudioError, RequestInvalid) as error:
        return render(request, "web/auditor/clip_new.html", {"problem": refused(error)}, status=422)
    return redirect("audit-result", job.pk)


@require_GET
@auditor_page
def audit_result(request: HttpRequest, job_id: str) -> HttpResponse:
    """The report; polled while the worker listens."""
    job = _job(request, job_id)
    shown = {"job": job, "pending": job.state in {"pending", "leased"}, **_shown(request, job)}
    part = request.headers.get("HX-Request")
    return render(request, "web/auditor/parts/result.html" if part else "web/auditor/clip.html", shown)


@require_GET
@auditor_page
def audit_spectrogram(request: HttpRequest, job_id: str) -> HttpResponse:
    """The picture that the worker drew."""
    view = _view(request, job_id)
    if view is None:
        raise Http404
    answer = HttpResponse(view.picture, content_type="image/png")
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_GET
@auditor_page
def audit_report(request: HttpRequest, job_id: str) -> HttpResponse:
    """The signed report, to keep."""
    return _file(json.dumps(_report(request, job_id), ensure_ascii=False, indent=1), f"report-{job_id}.json")


@require_GET
@auditor_page
def audit_signed(request: HttpRequest, job_id: str) -> HttpResponse:
    """The very bytes that the report's signature covers, and the signature: for the page's own check."""
    report = _report(request, job_id)
    answer = HttpResponse(report_bytes(report), content_type="text/plain; charset=utf-8")
    signature = report["signature"]
    answer["Vivavoce-Signature"] = f"{signature['domain']} {signature['value']} {signature['key']}"
    return answer


@require_GET
@auditor_page
def audit_pdf(request: HttpRequest, job_id: str) -> HttpResponse:
    """The report on paper, signed as a whole in the reader's language."""
    report = _report(request, job_id)
    data = report_pdf(report, view=_view(request, job_id), language=get_language() or "en")
    answer = HttpResponse(data, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="report-{job_id}.pdf"'
    return answer


@require_GET
@auditor_page
def audit_proofs(request: HttpRequest, job_id: str) -> HttpResponse:
    """The chain's entries of the log with their proofs, as the stand-alone verifier reads them."""
    proofs = _report(request, job_id).get("proofs")
    if not proofs:
        raise Http404
    return _file(str(proofs), f"proofs-{job_id}.json")


def _job(request: HttpRequest, job_id: str) -> VerifyView:
    return selectors.verify_get(job_id=job_id, audience="auditor", asked_by=person(request).account_id)


def _report(request: HttpRequest, job_id: str) -> dict[str, Any]:
    report = _job(request, job_id).result
    if not report:
        raise Http404
    return report


def _view(request: HttpRequest, job_id: str) -> SoundView | None:
    try:
        return SoundView.from_bytes(selectors.view_get(job_id=job_id, asked_by=person(request).account_id))
    except NotFound:
        return None


def _shown(request: HttpRequest, job: VerifyView) -> dict[str, Any]:
    """What the templates draw."""
    result = job.result or {}
    seconds = float(result.get("seconds") or 0.0)
    view = _view(request, job.id) if result else None
    detector = result.get("detector") or {}
    lanes = [
        {"name": each["name"], "marks": charts.marks(each["spans"], seconds)}
        for each in result.get("techniques", [])
        if each.get("spans")
    ]
    return {
        "result": result,
        "view": view,
        "envelope": charts.envelope(view.low, view.high) if view else "",
        "ticks": charts.ticks(seconds) if seconds else [],
        "lanes": lanes,
        "detector": detector,
        "curve": charts.curve(detector, seconds) if detector else None,
        "measured": measured("detector"),
    }


def _file(text: str, name: str) -> HttpResponse:
    answer = HttpResponse(text, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
