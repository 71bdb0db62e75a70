"""A house with everything in it: the system started, its people made, a browser in front, and rows for a page of every kind."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from audiokit import Audio, write
from tests import speech_data
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
    "resident": [],
    "builder": [],
    "kathleen": [],
}

SETTINGS = {
    "VIVAVOCE_RATE_PER_MINUTE": "6000",
    "VIVAVOCE_WEBHOOK_ALLOW_PRIVATE": "true",
    # Asked for by the tests with a living person's recordings alone; every other challenge is drawn at random.
    "VIVAVOCE_CHALLENGE_FROM_SENTENCES": "true",
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


@contextmanager
def opened(folder: Path) -> Iterator[House]:
    """The whole system below ``folder``, and Chromium."""
    microphone = folder / "microphone.wav"
    with running(folder / "home", **SETTINGS) as server, sync_playwright() as playwright:
        made = json.loads(server.command("django", "shell", "-v0", "-c", POPULATE).stdout.splitlines()[-1])
        app = Client(server.url, made["key"])
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, f"--use-file-for-fake-audio-capture={microphone}%noloop"]
        )
        yield House(server, browser, microphone, app, made["organisation"], made["people"])
        app.close()
        browser.close()


def recorded(path: Path) -> Path:
    """Eight seconds of one person, written to ``path``."""
    pieces, rate = [], 16_000
    for each in speech_data.clips("kathleen"):
        sound = speech_data.load(each)
        pieces.append(sound.to_mono())
        rate = sound.sample_rate
        if sum(map(len, pieces)) >= 8 * rate:
            break
    path.write_bytes(write(Audio.mono(np.concatenate(pieces), rate), "wav"))
    return path


def made_chained(house: House, path: Path) -> bytes:
    """A clip whose chain goes all the way to a consent, written to ``path`` as well."""
    _run(house, "tests.browser.chained", str(path))
    return path.read_bytes()


def furnish(house: House, recording: Path, chained: bytes, answered: str) -> dict[str, str]:
    """What fills the braces of ``rooms.ROOMS``; ``answered`` is the address of an auditor's question about ``chained``."""
    printed = _run(house, "tests.browser.furnished", str(recording), house.people["resident"], house.people["builder"])
    with house.page() as page:
        check = house.ask(page, "/check/", chained)
    return json.loads(printed.splitlines()[-1]) | {"audit": answered, "check": check}


def _run(house: House, module: str, *arguments: str) -> str:
    program = [sys.executable, "-m", module, *arguments]
    environment = dict(house.server.environment)
    return subprocess.run(program, env=environment, check=True, capture_output=True, text=True).stdout
