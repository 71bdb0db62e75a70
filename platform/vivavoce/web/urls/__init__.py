"""Addresses of the console, by who works there. Names are unique across all of them."""

from __future__ import annotations

from vivavoce.web.urls import auditor, developer, operator, owner, public

urlpatterns = [
    *public.urlpatterns,
    *owner.urlpatterns,
    *developer.urlpatterns,
    *auditor.urlpatterns,
    *operator.urlpatterns,
]
