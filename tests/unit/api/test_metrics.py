"""``GET /metrics``."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.factories import voices as people

pytestmark = pytest.mark.django_db


def scrape(token: str) -> tuple[int, str]:
    """Status and body."""
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.content.decode()


def test_without_a_configured_token_there_is_nothing_also_for_an_empty_one() -> None:
    assert scrape("")[0] == 404
    assert scrape("anything")[0] == 404


def test_a_wrong_token_finds_nothing(settings: Any) -> None:
    settings.VIVAVOCE_METRICS_TOKEN = "right"
    assert scrape("wrong")[0] == 404
    assert scrape("ä")[0] == 404


def test_waiting_jobs_and_unsigned_entries_are_counted_and_nobody_is_named(settings: Any) -> None:
    settings.VIVAVOCE_METRICS_TOKEN = "right"
    consent = people.submitted()
    status, text = scrape("right")
    assert status == 200
    assert 'vivavoce_jobs{kind="analysis",state="pending"} 1' in text
    assert re.search(r"^vivavoce_log_unsigned_entries [1-9]", text, re.MULTILINE)
    assert consent.pk not in text
    for line in text.splitlines():
        assert line.startswith("# ") or re.fullmatch(
            r'[a-z_]+(\{[a-z_]+="[a-z]+"(,[a-z_]+="[a-z]+")*\})? [0-9.]+', line
        )
