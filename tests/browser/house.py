"""The running system with a browser in front of it: shared by all tests of the console.

Every page that ``see`` looks at is examined: nothing sticks out to the side, axe-core finds nothing serious, nothing breaks the content
security policy, no script fails. Pictures go below ``VIVAVOCE_SCREENSHOTS`` where that is set.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import axe_playwright_python
import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

from audiokit import Audio, read, write
from vivavoce.demo.client import Client
from vivavoce.demo.people import PERSON_SCOPES
from vivavoce.demo.server import Server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
PICTURES = os.environ.get("VIVAVOCE_SCREENSHOTS", "")
PASSWORD = "correct horse battery staple"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
ENDED = {"released", "refused", "failed", "cancelled_revoked"}
SLOW = 90_000  # milliseconds: a worker may be busy with other tests' jobs
PHONE = {"width": 360, "height": 780}
DESK = {"width": 1200, "height": 800}


@dataclass
class House:
    """The system, a browser, the microphone's file, and an app of the sandbox."""

    server: Server
    browser: Browser
    microphone: Path
    app: Client
    app_id: str
    people: dict[str, str]  # name -> id of the account
    sessions: dict[str, StorageState] = field(
        default_factory=dict
    )  # signing in hashes a password; once a person is enough
    spoken: dict[str, bytes] = field(default_factory=dict)

    @contextmanager
    def page(
        self, who: str = "", *, world: str = "live", wide: bool = False, language: str = "en", dark: bool = False
    ) -> Iterator[Page]:
        """A page 360 px wide (or 1200): the first one, signed in as ``who`` in ``world``; at the end nothing may have complained."""
        context = self.browser.new_context(
            viewport=DESK if wide else PHONE,
            locale=language,
            accept_downloads=True,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",  # what is examined must not be on its way from one colour to another
            storage_state=self.sessions.get(who),
        )
        page = context.new_page()
        complaints = self.listen(page)
        if who:
            if who not in self.sessions:
                self.sign_in(page, who)
                self.sessions[who] = context.storage_state()
            self.enter(context, world)
            self.go(page, "/")
        yield page
        context.close()
        assert complaints == []

    def sign_in(self, page: Page, who: str) -> None:
        """As a person does, with address and password."""
        page.goto(f"{self.server.url}/accounts/login/")
        page.locator("[name=login]").fill(f"{who}@example.org")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url(f"{self.server.url}/")

    def enter(self, context: BrowserContext, world: str) -> None:
        """As the switch in the head of the page does it; a session remembers the world that another test chose."""
        token = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "csrftoken")
        form = {"world": world, "csrfmiddlewaretoken": token, "next": "/"}
        answer = context.request.post(
            f"{self.server.url}/world/", form=form, headers={"Referer": f"{self.server.url}/"}, max_redirects=0
        )
        assert answer.headers["location"] == "/", "not signed in any more"

    def listen(self, page: Page) -> list[str]:
        """Keep what the browser complains of. That an answer was a refusal is no complaint; the page says it in words."""
        complaints: list[str] = []

        def told(kind: str, text: str) -> None:
            if kind == "error" and "responded with a status of 4" not in text:
                complaints.append(f"{page.url}: {text}")

        page.on("console", lambda message: told(message.type, message.text))
        page.on("pageerror", lambda error: told("error", str(error)))
        return complaints

    def go(self, page: Page, path: str) -> None:
        """Open a page."""
        page.goto(f"{self.server.url}{path}")

    def see(self, page: Page, name: str = "", *, rules: list[str] | None = None) -> None:
        """Examine the page as it is, by all rules of axe or by some; with a name, keep a picture of it."""
        page.wait_for_load_state("load")  # a click may still be navigating
        page.locator("main").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE)
        found = page.evaluate(
            "only => axe.run(only ? {runOnly: only} : {}).then(r => r.violations.map(v => [v.impact, v.id, v.nodes[0].html]))",
            rules,
        )
        assert [item for item in found if item[0] in {"serious", "critical"}] == [], page.url
        if PICTURES and name:
            place = Path(PICTURES) / name
            place.parent.mkdir(parents=True, exist_ok=True)
            width = page.viewport_size["width"] if page.viewport_size else 0
            page.evaluate(
                "scrollTo({top: 0, behavior: 'instant'})"
            )  # what sticks to the top would lie across the picture
            page.screenshot(path=f"{place}-{width}.png", full_page=True)

    def ask(self, page: Page, room: str, data: bytes, name: str = "clip.wav") -> str:
        """Put a clip in a room where clips are checked, and wait for the answer; returns its address."""
        self.go(page, room)
        page.locator("#file").set_input_files({"name": name, "mimeType": "audio/wav", "buffer": data})
        page.locator("main form button").first.click()
        page.locator("dl.techniques, .verdict .problem").first.wait_for(timeout=SLOW)
        return page.url.removeprefix(self.server.url)

    def hear(self, recording: bytes) -> float:
        """Lay a recording into the microphone, with half a second of its room around it; returns its length in seconds."""
        sound = read(recording, max_seconds=120, max_bytes=2**25)
        samples = sound.to_mono()
        frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
        floor = float(np.sqrt(np.quantile((frames**2).mean(axis=1), 0.05)))
        rng = np.random.default_rng(len(samples))
        before, after = (rng.normal(0, floor, sound.sample_rate // 2).astype(np.float32) for _ in range(2))
        samples = np.concatenate([before, samples, after])
        self.microphone.write_bytes(write(Audio.mono(samples, sound.sample_rate), "wav"))
        return len(samples) / sound.sample_rate

    def speak(self, text: str) -> bytes:
        """The sandbox's person says something; the same text is rendered once. A busy machine may take minutes over it."""
        if text not in self.spoken:
            actor = next(voice for voice in self.app.get("/v1/voices")["items"] if voice["is_actor"])
            asked = {"voice_id": actor["id"], "text": text, "format": "wav", "speed": 0.9, "seed": 7}
            path = f"/v1/synthesis/{self.app.post('/v1/synthesis', asked)['id']}"
            done = self.app.wait(path, lambda answer: answer["state"] in ENDED, seconds=300)
            self.spoken[text] = self.app.download(done["clip"]["url"])
        return self.spoken[text]

    def give_time(self, page: Page) -> None:
        """Ten minutes more for the words that are shown: who speaks here is a machine, and may be slow. The clock has a test of its own."""
        self.expire(page, timedelta(minutes=10))

    def expire(self, page: Page, after: timedelta) -> None:
        """Let the open challenge of this page lapse that long from now, and come back to it as after a closed tab."""
        moment = (datetime.now(UTC) + after).strftime("%Y-%m-%d %H:%M:%S.%f")
        with closing(sqlite3.connect(self.server.home / "vivavoce.sqlite3", timeout=20)) as rows:
            consent = page.url.rstrip("/").rpartition("/")[2]
            late = "UPDATE voices_challenge SET expires_at = ? WHERE state = 'issued' AND consent_id = ?"
            assert rows.execute(late, [moment, consent]).rowcount == 1
            rows.commit()
        page.reload()

    def organisation(self, name: str, manager: str) -> str:
        """A new organisation of ``manager``; returns its id."""
        return self.made("organisations", "create", name, "--manager", self.people[manager])["id"]

    def made(self, *arguments: str) -> dict[str, str]:
        """Run a command of the platform; what it printed."""
        answer: dict[str, str] = json.loads(self.server.command(*arguments, "--json").stdout)
        return answer

    @contextmanager
    def as_client(self, who: str) -> Iterator[Client]:
        """The sandbox API for a person."""
        holder = ["--account", f"{who}@example.org", "--world", "sandbox", "--scopes", PERSON_SCOPES]
        with closing(Client(self.server.url, self.made("keys", "create", *holder)["key"])) as client:
            yield client


def until(page: Page, condition: str, *, seconds: float = 60.0) -> None:
    """Wait for a JavaScript condition, asked from outside: the pages' policy forbids a script that evaluates one itself."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, f"still not so: {condition}"
        page.wait_for_timeout(100)
