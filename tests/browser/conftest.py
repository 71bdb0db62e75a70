"""One running system and one browser for all tests of the console."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.house import CHROMIUM, FLAGS, PASSWORD, House, app_of
from vivavoce.demo import story
from vivavoce.demo.server import running

PEOPLE = {
    "owner": [],
    "reader": [],
    "singer": [],
    "developer": [],
    "colleague": [],
    "auditor": ["--auditor"],
    "operator": ["--operator"],
    "operator2": ["--operator"],
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder drives a browser; without one the tests are skipped by name."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium here (Debian: apt-get install chromium)"))


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    password = folder / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    microphone = folder / "microphone.wav"
    with running(folder / "home", VIVAVOCE_RATE_PER_MINUTE="6000") as server, sync_playwright() as playwright:
        people: dict[str, str] = {}
        for name, roles in PEOPLE.items():
            wanted = [f"{name}@example.org", "--password-file", str(password), *roles, "--json"]
            people[name] = json.loads(server.command("user", "create", *wanted).stdout)["id"]
        app_id, app = app_of(server, "Speaking App")
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, f"--use-file-for-fake-audio-capture={microphone}%noloop"]
        )
        yield House(server, browser, microphone, app, app_id, people)
        app.close()
        browser.close()


@pytest.fixture(scope="session")
def clip(house: House) -> bytes:
    """A released clip of the sandbox's actor."""
    return story.sandbox_person(house.app)("Good morning. This is a short clip for those who check.")
