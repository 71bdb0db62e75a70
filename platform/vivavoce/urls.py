"""Addresses: the API, the console, sign-in, health."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from vivavoce.api import health
from vivavoce.api.metrics import metrics
from vivavoce.api.v1.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics),
    path("v1/healthz", health.healthz),
    path("v1/readyz", health.readyz),
    path("v1/", api.urls),
    path("accounts/", include("allauth.urls")),
    path("", include("vivavoce.web.urls")),
]
