"""For auditors."""

from __future__ import annotations

from django.urls import path

from vivavoce.web.views import verify

urlpatterns = [
    path("audit/", verify.audit, name="audit"),
    path("audit/<str:job_id>/", verify.audit_result, name="audit-result"),
    path("audit/<str:job_id>/report/", verify.audit_report, name="audit-report"),
    path("audit/<str:job_id>/proofs/", verify.audit_proofs, name="audit-proofs"),
]
