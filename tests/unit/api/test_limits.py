"""The token bucket."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import RequestFactory

from audiokit.clock import frozen
from tests.functional.driver import Api, code, new_app
from vivavoce.api import limits
from vivavoce.api.models import RateBucket
from vivavoce.api.problems import Problem

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_a_full_bucket_gives_its_quota_at_once_and_refills_evenly() -> None:
    policy = limits.Policy("test", quota=3, window=60)
    request = RequestFactory().get("/")
    with frozen(NOON) as clock:
        for _ in range(3):
            limits.take(request, "somebody", policy)
        with pytest.raises(Problem) as refused:
            limits.take(request, "somebody", policy)
        assert refused.value.status == 429
        assert refused.value.headers["Retry-After"] == "20"
        clock.advance(20)
        limits.take(request, "somebody", policy)
        with pytest.raises(Problem):
            limits.take(request, "somebody", policy)


def test_callers_do_not_share_a_bucket() -> None:
    policy = limits.Policy("test", quota=1, window=60)
    request = RequestFactory().get("/")
    with frozen(NOON):
        limits.take(request, "one", policy)
        limits.take(request, "other", policy)
        with pytest.raises(Problem):
            limits.take(request, "one", policy)


def test_headers_count_down(settings: object) -> None:
    settings.VIVAVOCE_RATE_PER_MINUTE = 2  # type: ignore[attr-defined]
    _, app = new_app()
    with frozen(NOON):
        first = app.get("/voices")
        assert first["RateLimit-Policy"] == '"key";q=2;w=60'
        assert first["RateLimit"] == '"key";r=1;t=30'
        assert app.get("/voices")["RateLimit"] == '"key";r=0;t=60'
        refused = app.get("/voices")
    assert refused.status_code == 429
    assert code(refused) == "rate_limited"
    assert refused["Retry-After"] == "30"
    assert refused["RateLimit"] == '"key";r=0;t=30'


def test_the_public_is_limited_by_address_and_no_address_is_stored(settings: object) -> None:
    settings.VIVAVOCE_PUBLIC_RATE_PER_MINUTE = 1  # type: ignore[attr-defined]
    with frozen(NOON):
        assert Api().get("/log/keys").status_code == 200
        assert Api().get("/log/keys").status_code == 429
    assert not any("127.0.0.1" in key for key in RateBucket.objects.values_list("key", flat=True))


def test_full_buckets_are_forgotten() -> None:
    policy = limits.Policy("test", quota=1, window=60)
    with frozen(NOON) as clock:
        limits.take(RequestFactory().get("/"), "somebody", policy)
        assert limits.forget_full() == 0
        clock.advance(61)
        assert limits.forget_full() == 1
