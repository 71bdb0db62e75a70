"""The clock that tests set, and identifiers that sort by it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest

from audiokit import clock
from audiokit.ids import is_id, new_id

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_clock_runs_in_utc() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_frozen_clock_stands_still_in_every_thread_and_can_be_moved() -> None:
    seen: list[datetime] = []
    with clock.frozen(NOON) as frozen:
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
        frozen.advance(120)
        seen.append(clock.now())

    assert seen == [NOON, NOON + timedelta(minutes=2)]
    assert clock.now() != NOON + timedelta(minutes=2)


def test_frozen_clocks_nest_and_speak_utc() -> None:
    east = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    with clock.frozen(NOON):
        with clock.frozen(east):
            assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
            assert clock.now().utcoffset() == timedelta(0)
        assert clock.now() == NOON


def test_the_clock_is_released_when_the_block_raises() -> None:
    with pytest.raises(KeyError), clock.frozen(NOON):
        raise KeyError
    assert clock.now() != NOON


def test_a_clock_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        clock.FrozenClock(NOON.replace(tzinfo=None))


def test_an_identifier_is_its_prefix_and_26_letters() -> None:
    made = new_id("voi")

    assert is_id(made, "voi")
    assert len(made) == 30
    assert not set(made[4:]) & set("ILOU")


def test_identifiers_sort_by_the_time_they_were_made() -> None:
    made = []
    with clock.frozen(NOON) as frozen:
        for _ in range(50):
            made.append(new_id("clp"))
            frozen.advance(0.001)

    assert made == sorted(made)


def test_identifiers_of_one_millisecond_differ() -> None:
    with clock.frozen(NOON):
        assert len({new_id("clp") for _ in range(1000)}) == 1000


def test_the_first_letters_are_the_millisecond() -> None:
    with clock.frozen(datetime.fromtimestamp(0x0193_4F2A_0000 / 1000, UTC)):
        assert new_id("x")[2:12] == "01JD7JM000"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "voi_",
        "voi",
        "clp_01JD3X0M5S2K7Q9V4B8C6N1R0T",
        "voi_01JD3X0M5S2K7Q9V4B8C6N1R0",
        "voi_81JD3X0M5S2K7Q9V4B8C6N1R0T",
        "voi_01JD3X0M5S2K7Q9V4B8C6N1R0U",
        "voi_01jd3x0m5s2k7q9v4b8c6n1r0t",
        "voi_../../etc/passwd_padded_ou",
        "voi_01JD3X0M5S2K7Q9V4B8C6N1R0T\n",
    ],
)
def test_other_text_is_no_identifier(text: str) -> None:
    assert not is_id(text, "voi")


def test_a_prefix_may_hold_an_underscore() -> None:
    assert is_id(new_id("audit_entry"), "audit_entry")
