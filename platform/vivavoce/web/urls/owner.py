"""For voice owners."""

from __future__ import annotations

from django.urls import path

from vivavoce.web.views.owner import clips, consents, enrolments, grants, voices

urlpatterns = [
    path("voices/", voices.voices, name="voices"),
    path("voices/<str:voice_id>/", voices.voice, name="voice"),
    path("voices/<str:voice_id>/grants/", grants.grants, name="voice-grants"),
    path("voices/<str:voice_id>/clips/", clips.clips, name="voice-clips"),
    path("voices/<str:voice_id>/listen/", clips.listen, name="listen"),
    path("voices/<str:voice_id>/listen/<str:request_id>/", clips.heard, name="heard"),
    path("voices/<str:voice_id>/consents/", consents.consents, name="voice-consents"),
    path("voices/<str:voice_id>/consents/new/", consents.draft, name="consent-draft"),
    path("voices/<str:voice_id>/enrolments/", enrolments.start, name="enrolment-start"),
    path("voices/<str:voice_id>/end/", voices.ending, name="voice-ending"),
    path("voices/<str:voice_id>/end/<str:action>/", voices.end, name="voice-end"),
    path("voices/<str:voice_id>/version/", voices.version, name="voice-version"),
    path("voices/<str:voice_id>/act/", voices.act, name="voice-act"),
    path("clips/<str:clip_id>/", clips.audio, name="own-clip"),
    path("grants/<str:grant_id>/decide/", grants.decide, name="grant-decide"),
    path("consents/<str:consent_id>/", consents.consent, name="consent"),
    path("consents/<str:consent_id>/challenge/", consents.challenge, name="challenge"),
    path("consents/<str:consent_id>/submit/<str:challenge_id>/", consents.submit, name="consent-submit"),
    path("consents/<str:consent_id>/result/", consents.result, name="consent-result"),
    path("consents/<str:consent_id>/again/", consents.again, name="consent-again"),
    path("consents/<str:consent_id>/withdraw/", consents.withdraw, name="consent-withdraw"),
    path("consents/<str:consent_id>/receipt/", consents.receipt, name="receipt"),
    path("consents/<str:consent_id>/receipt.pdf", consents.receipt_paper, name="receipt-paper"),
    path("enrolments/<str:enrolment_id>/", enrolments.enrolment, name="enrolment"),
    path("enrolments/<str:enrolment_id>/takes/", enrolments.takes, name="takes"),
    path("enrolments/<str:enrolment_id>/takes/add/", enrolments.take_add, name="take-add"),
    path("enrolments/<str:enrolment_id>/takes/<str:take_id>/again/", enrolments.take_again, name="take-again"),
    path("enrolments/<str:enrolment_id>/submit/", enrolments.submit, name="enrolment-submit"),
    path("enrolments/<str:enrolment_id>/abort/", enrolments.abort, name="enrolment-abort"),
]
