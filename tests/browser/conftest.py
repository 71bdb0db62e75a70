"""One running system and one browser for all tests of the console."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.house import CHROMIUM, FLAGS, PASSWORD, House
from vivavoce.demo.client import Client
from vivavoce.demo.people import APP_SCOPES
from vivavoce.demo.server import running

PEOPLE = {
    "owner": [],
    "reader": [],
    "singer": [],
    "typist": [],
    "developer": [],
    "colleague": [],
    "auditor": ["--auditor"],
    "operator": ["--operator"],
    "operator2": ["--operator"],
}

# All in one process: each command of its own would load the whole platform anew.
POPULATE = f"""
import json
from vivavoce.accounts import services
from vivavoce.accounts.principals import SystemPrincipal
by = SystemPrincipal()
people = {{
    name: services.user_create(
        by=by, email=f"{{name}}@example.org", password={PASSWORD!r}, auditor="--auditor" in roles, operator="--operator" in roles
    ).pk
    for name, roles in {PEOPLE!r}.items()
}}
organisation = services.organisation_create(by=by, name="Speaking App")
issued = services.key_create(
    by=by, organisation_id=organisation.pk, world="sandbox", name="tests", scopes={APP_SCOPES!r}.split(",")
)
print(json.dumps({{"people": people, "organisation": organisation.pk, "key": issued.token}}))
"""


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
    microphone = folder / "microphone.wav"
    with (
        running(folder / "home", VIVAVOCE_RATE_PER_MINUTE="6000", VIVAVOCE_WEBHOOK_ALLOW_PRIVATE="true") as server,
        sync_playwright() as playwright,
    ):
        made = json.loads(server.command("django", "shell", "-v0", "-c", POPULATE).stdout.splitlines()[-1])
        app = Client(server.url, made["key"])
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, f"--use-file-for-fake-audio-capture={microphone}%noloop"]
        )
        yield House(server, browser, microphone, app, made["organisation"], made["people"])
        app.close()
        browser.close()


@pytest.fixture(scope="session")
def clip(house: House) -> bytes:
    """A released clip of the sandbox's actor."""
    return house.speak("Good morning. This is a short clip for those who check.")
