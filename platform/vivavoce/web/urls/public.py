"""For everybody, signed in or not."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import set_language

from vivavoce.web.views import home
from vivavoce.web.views.auditor import log
from vivavoce.web.views.public import check

urlpatterns = [
    path("", home.home, name="home"),
    path("world/", home.world, name="world"),
    path("language/", set_language, name="language"),
    path("check/", check.check, name="check"),
    path("check/<str:job_id>/", check.check_result, name="check-result"),
    path("proofs/", log.proof_check, name="proof-check"),
]
