"""One running system and one browser for all tests of the console."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import household
from tests.browser.house import CHROMIUM, House

expect.set_options(timeout=20_000)  # milliseconds: what is waited for comes, on a busy machine late


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder drives a browser; without one the tests are skipped by name."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium here (Debian: apt-get install chromium)"))


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The running system."""
    with household.opened(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture(scope="session")
def clip(house: House) -> bytes:
    """A released clip of the sandbox's actor."""
    return house.speak("Good morning. This is a short clip for those who check.")


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of one person."""
    return household.recorded(tmp_path_factory.mktemp("person") / "recording.wav")


@pytest.fixture(scope="session")
def chained(house: House, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clip whose chain goes all the way to a consent."""
    return household.made_chained(house, tmp_path_factory.mktemp("chained") / "clip.wav")


@pytest.fixture(scope="session")
def answered(house: House, chained: bytes) -> str:
    """The address of an auditor's answered question about it."""
    with house.page("auditor") as page:
        return house.ask(page, "/audit/", chained)


@pytest.fixture(scope="session")
def furnished(house: House, recording: Path, chained: bytes, answered: str) -> dict[str, str]:
    """What fills the braces of ``rooms.ROOMS``."""
    return household.furnish(house, recording, chained, answered)
