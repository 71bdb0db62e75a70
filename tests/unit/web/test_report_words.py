"""A report read by people: rates, the chain, techniques."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation

import safeguards
from vivavoce.web.templatetags import web_operation, web_report
from vivavoce.web.templatetags.web_report import links, rate, sentence

REPORT: dict[str, Any] = {
    "verdict": "generated_here",
    "conflicts": ["mark_removed"],
    "techniques": [
        {
            "name": "watermark",
            "outcome": "found",
            "version": "watermark-1",
            "spans": [[0.25, 3.5]],
            "false_positive_rate": 2e-7,
            "detail": {"log10_p": -40.5},
            "error_rates": [
                {
                    "what": "mark_missed",
                    "where": "attacked",
                    "rate": 0.0125,
                    "low": 0.004,
                    "high": 0.03,
                    "n": 400,
                    "errors": 5,
                    "seconds": 2.0,
                },
            ],
        },
        {
            "name": "fingerprint",
            "outcome": "not_found",
            "version": "print-1",
            "spans": [],
            "false_positive_rate": None,
            "detail": {},
        },
    ],
    "chain": {
        "clip": {"id": "cli_1", "sha256": "ab" * 32, "released_at": "2026-11-21T04:43:40.84+00:00", "log_index": 17},
        "request": {"id": "req_1", "state": "released", "log_indices": [15, 16]},
        "voice": {"id": "voi_1", "state": "ready", "actor": False, "log_indices": []},
        "grant": None,
        "consent": {"id": "con_1", "state": "active", "simulated": True, "log_indices": [3, 4]},
    },
    "proofs": "{}",
}


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def page(**changed: object) -> str:
    job = SimpleNamespace(id="job_1", error_code="")
    return render_to_string("web/parts/verdict.html", {"job": job, "result": REPORT, "pending": False, **changed})


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.0, "never, by construction"),
        (0.02, "2 %"),
        (0.001, "0.1 %"),
        (2e-7, "about once in 5\u00a0000\u00a0000"),
        (1e-40, "less than once in a million million"),
    ],
)
def test_a_rate_is_said_as_people_say_it(probability: float, words: str) -> None:
    assert rate(probability) == words


def test_whatever_was_measured_has_a_name() -> None:
    """The codes of the files that the checks are published with; a reader sees no code."""
    named = {*web_operation._WHAT, *web_report._ERRORS}, {*web_operation._WHERE, *web_report._CONDITIONS}
    files = list(Path(safeguards.__path__[0]).rglob("measured*.json"))
    assert files
    for file in files:
        for measure in json.loads(file.read_text(encoding="utf-8"))["measures"]:
            assert measure["what"] in named[0], file
            assert measure["where"] in named[1], file


def test_every_link_of_the_chain_is_there_in_order_with_its_entries() -> None:
    found = links(REPORT["chain"])
    assert [link.title for link in found] == ["Clip", "Request", "Voice", "Grant", "Consent"]
    assert [link.indices for link in found] == [[17], [15, 16], [], [], [3, 4]]
    assert ("simulated", "yes") in found[-1].rest
    assert ("released_at", "2026-11-21 04:43:40 UTC") in found[0].rest


def test_an_auditor_reads_verdict_techniques_error_rates_and_chain() -> None:
    shown = page()
    assert sentence("generated_here") in shown
    assert "Inaudible watermark" in shown
    assert "0.3–3.5" in shown
    assert "about once in 5\u00a0000\u00a0000" in shown
    assert "not measured" in shown
    assert "mark not found in a clip of ours (2 s of sound, after codecs, noise, cuts and other attacks)" in shown
    assert "1.25 % [0.4 – 3], 5/400" in shown
    assert shown.count("How often it misses a clip made here:") == 1  # of the fingerprint, which was not measured
    assert "A clip of ours whose mark is gone." in shown
    chain = render_to_string("web/parts/chain.html", {"chain": REPORT["chain"]})
    for identifier in ("cli_1", "req_1", "con_1"):
        assert identifier in chain
    assert 'data-entry="17" data-subject="clip:cli_1" href="/log/entries/17/"' in chain


def test_the_public_sees_no_chain_and_no_identifier_but_how_often_each_technique_errs() -> None:
    techniques = [{"name": "watermark", "outcome": "found", "operating_rate": 1e-6}]
    shown = page(result={"verdict": "generated_here", "techniques": techniques})
    assert "Inaudible watermark" in shown
    assert "about once in 1\u00a0000\u00a0000" in shown
    assert "chain" not in shown
    assert "_1" not in shown


def test_a_file_that_could_not_be_judged_is_said_in_words() -> None:
    shown = page(job=SimpleNamespace(id="job_1", error_code="too_long"))
    assert "could not be judged" in shown
    assert "longer than ten minutes" in shown
