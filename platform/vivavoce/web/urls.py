"""Addresses of the console."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import set_language

from vivavoce.web.views import apps, consents, enrolments, home, reviews, verify, voices

urlpatterns = [
    path("", home.home, name="home"),
    path("world/", home.world, name="world"),
    path("language/", set_language, name="language"),
    path("voices/", voices.voices, name="voices"),
    path("voices/<str:voice_id>/", voices.voice, name="voice"),
    path("voices/<str:voice_id>/act/", voices.act, name="voice-act"),
    path("voices/<str:voice_id>/end/<str:action>/", voices.end, name="voice-end"),
    path("voices/<str:voice_id>/consents/", consents.draft, name="consent-draft"),
    path("voices/<str:voice_id>/enrolments/", enrolments.start, name="enrolment-start"),
    path("consents/<str:consent_id>/", consents.consent, name="consent"),
    path("consents/<str:consent_id>/challenge/", consents.challenge, name="challenge"),
    path("consents/<str:consent_id>/submit/<str:challenge_id>/", consents.submit, name="consent-submit"),
    path("consents/<str:consent_id>/result/", consents.result, name="consent-result"),
    path("consents/<str:consent_id>/withdraw/", consents.withdraw, name="consent-withdraw"),
    path("consents/<str:consent_id>/receipt/", consents.receipt, name="receipt"),
    path("enrolments/<str:enrolment_id>/", enrolments.enrolment, name="enrolment"),
    path("enrolments/<str:enrolment_id>/takes/", enrolments.takes, name="takes"),
    path("enrolments/<str:enrolment_id>/takes/add/", enrolments.take_add, name="take-add"),
    path("enrolments/<str:enrolment_id>/takes/<str:take_id>/again/", enrolments.take_again, name="take-again"),
    path("enrolments/<str:enrolment_id>/submit/", enrolments.submit, name="enrolment-submit"),
    path("grants/<str:grant_id>/decide/", voices.decide, name="grant-decide"),
    path("apps/", apps.apps, name="apps"),
    path("apps/<str:organisation_id>/", apps.app, name="app"),
    path("apps/<str:organisation_id>/keys/", apps.key_create, name="key-create"),
    path("apps/<str:organisation_id>/keys/<str:key_id>/", apps.key_act, name="key-act"),
    path("apps/<str:organisation_id>/grants/", apps.grant_request, name="grant-request"),
    path("check/", verify.check, name="check"),
    path("check/<str:job_id>/", verify.check_result, name="check-result"),
    path("audit/", verify.audit, name="audit"),
    path("audit/<str:job_id>/", verify.audit_result, name="audit-result"),
    path("audit/<str:job_id>/report/", verify.audit_report, name="audit-report"),
    path("audit/<str:job_id>/proofs/", verify.audit_proofs, name="audit-proofs"),
    path("reviews/", reviews.reviews, name="reviews"),
    path("reviews/<str:consent_id>/", reviews.vote, name="review-vote"),
]
