"""The record: one form, frozen bytes, no room for personal data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from safeguards.audit.events import URGENT, EventType
from safeguards.audit.leaf import PREV_OF_FIRST, leaf_bytes, parse_leaf
from safeguards.crypto.canonical import canonical_bytes

FIELDS: dict[str, Any] = {
    "index": 0,
    "prev": PREV_OF_FIRST,
    "event": 205,
    "at": datetime(2026, 11, 21, 2, 43, 17, 5, tzinfo=UTC),
    "actor": "account:7f",
    "subject": "consent:3a",
    "world": "live",
    "body": {"scope": ["narration"], "days": 30, "note": None},
}


def test_the_bytes_of_a_leaf_are_frozen() -> None:
    assert leaf_bytes(**FIELDS) == (
        b'{"actor":"account:7f","at":"2026-11-21T02:43:17.000005Z","body":{"days":30,"note":null,"scope":["narration"]},'
        b'"index":0,"prev":"0000000000000000000000000000000000000000000000000000000000000000","subject":"consent:3a",'
        b'"type":205,"v":1,"world":"live"}'
    )


def test_event_numbers_are_frozen() -> None:
    """Numbers stand in signed history. This list only grows."""
    frozen = {
        "CHALLENGE_ISSUED": 101,
        "CHALLENGE_CONSUMED": 103,
        "CONSENT_DRAFTED": 201,
        "CONSENT_ACTIVATED": 205,
        "CONSENT_WITHDRAWN": 209,
        "ENROLMENT_STARTED": 301,
        "ENROLMENT_READY": 307,
        "VOICE_CREATED": 401,
        "VOICE_REVOKED": 405,
        "VOICE_ERASED": 406,
        "GRANT_REQUESTED": 501,
        "GRANT_REVOKED": 506,
        "REQUEST_ACCEPTED": 601,
        "REQUEST_RELEASED": 606,
        "REQUEST_CANCELLED_REVOKED": 609,
        "CLIP_RELEASED": 701,
        "CLIP_MARK_MISSING": 702,
        "API_KEY_CREATED": 801,
        "ERASURE_COMPLETED": 912,
        "DATA_KEY_DESTROYED": 913,
        "REVIEW_OPENED": 1001,
        "POLICY_CHANGED": 1101,
        "VERIFICATION_REPORTED": 1201,
        "LOG_KEY_ROTATED": 1301,
        "ACCOUNT_CREATED": 1401,
        "PERMIT_REFUSED": 1602,
    }
    assert {name: EventType[name].value for name in frozen} == frozen
    assert set(EventType) >= URGENT


def test_a_leaf_reads_back() -> None:
    record = parse_leaf(leaf_bytes(**FIELDS))
    assert (record.index, record.type, record.subject, record.body["days"]) == (0, 205, "consent:3a", 30)


def test_times_are_written_in_utc() -> None:
    east = FIELDS["at"].astimezone(timezone(timedelta(hours=9)))
    assert leaf_bytes(**FIELDS | {"at": east}) == leaf_bytes(**FIELDS)
    with pytest.raises(ValueError, match="zone"):
        leaf_bytes(**FIELDS | {"at": datetime(2026, 1, 1)})  # noqa: DTZ001 (the fault under test)


@pytest.mark.parametrize("value", [1.5, b"x", {1, 2}, {"a": {"b": [0.1]}}, {1: "a"}, object()])
def test_other_types_in_the_body_are_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        leaf_bytes(**FIELDS | {"body": {"value": value}})


@pytest.mark.parametrize("body", [{"text": "x" * 513}, {"x" * 513: 1}, {"a": [["y" * 513]]}])
def test_long_strings_are_refused(body: Any) -> None:
    with pytest.raises(ValueError, match="longer than 512"):
        leaf_bytes(**FIELDS | {"body": body})


def test_a_large_body_is_refused() -> None:
    with pytest.raises(ValueError, match="16384 bytes"):
        leaf_bytes(**FIELDS | {"body": {str(number): "x" * 500 for number in range(40)}})


@pytest.mark.parametrize(
    "value", ["", "Ada Lovelace", "account:ada@example.org", "Account:1", "account:", "account:é", "a" * 200]
)
def test_names_and_addresses_do_not_fit_in_an_id(value: str) -> None:
    for field in ("actor", "subject"):
        with pytest.raises(ValueError, match=field):
            leaf_bytes(**FIELDS | {field: value})


def test_an_unknown_world_is_refused() -> None:
    with pytest.raises(ValueError, match="world"):
        leaf_bytes(**FIELDS | {"world": "demo"})


GOOD = {
    "v": 1,
    "index": 0,
    "prev": PREV_OF_FIRST,
    "type": 1,
    "at": "2026-11-21T02:43:17.000005Z",
    "actor": "system",
    "subject": "log:key",
    "world": "live",
    "body": {},
}


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": True},
        {"index": -1},
        {"index": True},
        {"index": "0"},
        {"prev": "00"},
        {"prev": None},
        {"type": "1"},
        {"at": "2026-11-21"},
        {"at": 5},
        {"actor": "a b"},
        {"subject": 7},
        {"world": "demo"},
        {"world": []},
        {"body": []},
        {"body": "x"},
        {"extra": 1},
    ],
)
def test_a_leaf_of_another_form_is_not_read(change: dict[str, Any]) -> None:
    parse_leaf(canonical_bytes(GOOD))
    with pytest.raises(ValueError, match=r"."):
        parse_leaf(canonical_bytes(GOOD | change))


def test_a_leaf_with_spaces_or_of_great_length_is_not_read() -> None:
    for data in (canonical_bytes(GOOD).replace(b",", b", "), b"[]", b'"' + b"x" * 40_000 + b'"'):
        with pytest.raises(ValueError, match=r"."):
            parse_leaf(data)
