"""For auditors."""

from __future__ import annotations

from django.urls import path

from vivavoce.web.views.auditor import clips, log

urlpatterns = [
    path("audit/", clips.audit, name="audit"),
    path("audit/<str:job_id>/", clips.audit_result, name="audit-result"),
    path("audit/<str:job_id>/spectrogram.png", clips.audit_spectrogram, name="audit-spectrogram"),
    path("audit/<str:job_id>/report/", clips.audit_report, name="audit-report"),
    path("audit/<str:job_id>/report.pdf", clips.audit_pdf, name="audit-pdf"),
    path("audit/<str:job_id>/signed/", clips.audit_signed, name="audit-signed"),
    path("audit/<str:job_id>/proofs/", clips.audit_proofs, name="audit-proofs"),
    path("log/", log.log, name="log"),
    path("log/entries/<str:index>/", log.entry, name="log-entry"),
    path("log/checkpoints/", log.checkpoints, name="log-checkpoints"),
]
