"""For app developers."""

from __future__ import annotations

from django.urls import path

from vivavoce.web.views.developer import organisations

urlpatterns = [
    path("apps/", organisations.apps, name="apps"),
    path("apps/<str:organisation_id>/", organisations.app, name="app"),
    path("apps/<str:organisation_id>/keys/", organisations.key_create, name="key-create"),
    path("apps/<str:organisation_id>/keys/<str:key_id>/", organisations.key_act, name="key-act"),
    path("apps/<str:organisation_id>/grants/", organisations.grant_request, name="grant-request"),
]
