"""Each role walks its path in a real browser on the real system: owner, app developer, auditor, anybody, operator."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from audiokit import Audio, read, write
from safeguards.audit.verify import verify_bundle
from vivavoce.demo import story
from vivavoce.demo.client import Client
from vivavoce.demo.people import APP_SCOPES, PERSON_SCOPES
from vivavoce.demo.server import Server, running
from vivavoce.demo.transcript import Transcript

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = os.environ.get("VIVAVOCE_AXE", "")  # path of axe.min.js; where it is set, every page visited is examined with it
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here (Debian: apt-get install chromium); CI has one"),
]
PASSWORD = "correct horse battery staple"
PEOPLE = {"owner": [], "reader": [], "developer": [], "auditor": ["--auditor"], "operator": ["--operator"]}
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
]


@dataclass
class House:
    """The running system, a browser, and an app whose sandbox actor speaks."""

    server: Server
    browser: Browser
    microphone: Path
    app: Client
    complaints: list[str] = field(default_factory=list)

    @contextmanager
    def page(self, who: str = "") -> Iterator[Page]:
        """A page 390 px wide, signed in as ``who``; nothing in it may be wider, break the policy or fail."""
        context = self.browser.new_context(viewport={"width": 390, "height": 844}, accept_downloads=True)
        page = context.new_page()
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if who:
            page.goto(f"{self.server.url}/accounts/login/")
            page.get_by_label("Email").fill(f"{who}@example.org")
            page.get_by_label("Password").fill(PASSWORD)
            page.locator("main").get_by_role("button", name="Sign In", exact=True).click()
            page.wait_for_url(f"{self.server.url}/")
        yield page
        context.close()
        assert self.complaints == []

    def go(self, page: Page, path: str) -> None:
        """Open a page and examine it."""
        page.goto(f"{self.server.url}{path}")
        examine(page)

    @contextmanager
    def as_client(self, who: str) -> Iterator[Client]:
        """The sandbox API for a person."""
        made = _made(
            self.server,
            "keys",
            "create",
            "--account",
            f"{who}@example.org",
            "--world",
            "sandbox",
            "--scopes",
            PERSON_SCOPES,
        )
        with closing(Client(self.server.url, made["key"])) as client:
            yield client


def examine(page: Page) -> None:
    """Nothing sticks out to the side; no serious finding of axe-core, where that is at hand."""
    page.wait_for_load_state("load")  # a click may still be navigating
    page.locator("main").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url
    if AXE:
        page.evaluate(Path(AXE).read_text(encoding="utf-8"))
        found = page.evaluate("axe.run().then(r => r.violations.map(v => [v.impact, v.id, v.nodes[0].html]))")
        assert [item for item in found if item[0] in {"serious", "critical"}] == [], page.url


def _made(server: Server, *arguments: str) -> dict[str, str]:
    made: dict[str, str] = json.loads(server.command(*arguments, "--json").stdout)
    return made


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("roles")
    password = folder / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    microphone = folder / "microphone.wav"
    with running(folder / "home") as server, sync_playwright() as playwright:
        for name, roles in PEOPLE.items():
            server.command("user", "create", f"{name}@example.org", "--password-file", str(password), *roles)
        organisation = _made(server, "organisations", "create", "Speaking App")["id"]
        key = _made(
            server, "keys", "create", "--organisation", organisation, "--world", "sandbox", "--scopes", APP_SCOPES
        )
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, f"--use-file-for-fake-audio-capture={microphone}%noloop"]
        )
        with closing(Client(server.url, key["key"])) as app:
            yield House(server, browser, microphone, app)
        browser.close()


@pytest.fixture(scope="module")
def clip(house: House) -> bytes:
    """A released clip of the sandbox's actor."""
    return story.sandbox_person(house.app)("Good morning. This is a short clip for those who check.")


def test_an_auditor_follows_a_clip_to_its_entries_in_the_log(house: House, clip: bytes, tmp_path: Path) -> None:
    with house.page("auditor") as page:
        house.go(page, "/audit/")
        page.get_by_label("Clip").set_input_files({"name": "clip.wav", "mimeType": "audio/wav", "buffer": clip})
        page.get_by_role("button", name="Check", exact=True).click()
        verdict = page.locator("section.verdict")
        verdict.get_by_text("made here", exact=True).wait_for(timeout=60_000)
        examine(page)
        expect(verdict.get_by_text("Inaudible watermark")).to_be_visible()
        expect(verdict.get_by_text("Wrongly says “found” of other sound").first).to_be_visible()
        chain = page.locator("ol.chain")
        for title in ("Clip", "Request", "Voice", "Grant", "Consent"):
            expect(chain.get_by_role("heading", name=title)).to_be_visible()
        assert re.search(r"cli_\w+", chain.inner_text())
        with page.expect_download() as report:
            page.get_by_role("link", name="Signed report (JSON)").click()
        assert json.loads(report.value.path().read_text(encoding="utf-8"))["signature"]["algorithm"] == "Ed25519"
        with page.expect_download() as proofs:
            page.get_by_role("link", name="Log entries with proofs").click()
        assert verify_bundle(io.StringIO(proofs.value.path().read_text(encoding="utf-8"))).ok


def test_anybody_learns_whether_and_never_who(house: House, clip: bytes) -> None:
    with house.page() as page:
        house.go(page, "/check/")
        page.get_by_label("Clip").set_input_files({"name": "clip.wav", "mimeType": "audio/wav", "buffer": clip})
        page.get_by_role("button", name="Check", exact=True).click()
        verdict = page.locator("section.verdict")
        verdict.get_by_text("made here", exact=True).wait_for(timeout=60_000)
        examine(page)
        assert re.search(r"\b(cli|req|voi|gra|con|org)_\w+", verdict.inner_text()) is None


def test_a_developer_founds_an_organisation_sees_a_key_once_and_asks_an_owner_who_declines(house: House) -> None:
    with house.as_client("owner") as owner:
        voice_id = story.voice_of(owner, "Alex Example", "Alex")
    with house.page("developer") as page:
        page.get_by_role("button", name="Enter the sandbox").click()
        house.go(page, "/apps/")
        page.get_by_label("Name of the organisation").fill("Developer's App")
        page.get_by_role("button", name="Create").click()
        page.get_by_label("What the key is for").fill("server")
        page.get_by_role("button", name="Create a key").click()
        secret = page.locator("code.secret").inner_text()
        assert secret.startswith("vv_test_")
        examine(page)
        page.reload()
        assert secret not in page.content()
        page.get_by_label("Voice id").fill(voice_id)
        page.get_by_label("digital assistants").check()
        page.get_by_label("Your words to the owner").fill("May our assistant speak like you?")
        page.get_by_role("button", name="Send the request").click()
        examine(page)
        expect(page.get_by_role("heading", name=voice_id).get_by_text("asked for")).to_be_visible()
    with house.page("owner") as page:
        page.get_by_role("button", name="Enter the sandbox").click()
        house.go(page, f"/voices/{voice_id}/")
        expect(page.get_by_text("May our assistant speak like you?")).to_be_visible()
        page.get_by_role("button", name="Decline").click()
        expect(page.get_by_role("heading", name="Developer's App").get_by_text("revoked")).to_be_visible()
        examine(page)


def test_an_owner_reads_sentences_one_after_another_and_may_redo_one(house: House, tmp_path: Path) -> None:
    speak = story.sandbox_person(house.app)
    with house.as_client("reader") as owner:
        voice_id = story.voice_of(owner, "Alex Example", "Reading")
        given = story.consent(
            Transcript(tmp_path / "transcript.txt"),
            owner,
            voice_id,
            lambda statement, words: speak(f"{statement} {'. '.join(words)}."),
        )
    assert given.verdict["state"] == "active"
    with house.page("reader") as page:
        page.get_by_role("button", name="Enter the sandbox").click()
        house.go(page, f"/voices/{voice_id}/")
        with page.expect_download() as receipt:
            page.get_by_role("link", name="Signed receipt").click()
        assert given.consent_id in receipt.value.path().read_text(encoding="utf-8")
        page.get_by_role("button", name="Start reading").click()
        examine(page)
        sentence = page.locator("#sentence blockquote")
        first = sentence.inner_text()
        seconds = into(house.microphone, speak(first))
        page.get_by_role("button", name="Record").click()
        page.wait_for_timeout(1000 * seconds)
        page.keyboard.press("Enter")  # the focus is on the button that stops
        page.locator("audio[data-playback]").wait_for(state="visible")
        page.keyboard.press("Enter")  # and now on the one that sends
        expect(page.get_by_role("heading", name="Sentence 2")).to_be_visible(timeout=15_000)
        assert sentence.inner_text() != first
        assert page.evaluate("document.activeElement.id") == "sentence"
        taken = page.locator("#takes li")
        taken.get_by_text(re.compile("^(not )?accepted$")).wait_for(timeout=30_000)
        examine(page)
        again = page.get_by_role("button", name="Read again")
        if again.count():
            again.click()
        else:  # the sandbox's actor mispronounced a word: the sentence comes up again by itself
            page.reload()
            expect(page.get_by_text("This one was not accepted before")).to_be_visible()
        expect(page.get_by_role("heading", name="Sentence 1")).to_be_visible()

        house.go(page, f"/voices/{voice_id}/")
        page.get_by_role("link", name="Revoke for good").click()
        examine(page)
        page.get_by_role("button", name="Revoke for good").click()
        expect(page.get_by_role("heading", level=1).get_by_text("revoked")).to_be_visible()
        expect(page.get_by_role("link", name="Erase")).to_be_visible()


def into(microphone: Path, recording: bytes) -> float:
    """Lay a recording into the microphone; returns its length in seconds."""
    sound = read(recording, max_seconds=120, max_bytes=2**25)
    silence = np.zeros(sound.sample_rate // 2, dtype=np.float32)
    samples = np.concatenate([silence, sound.to_mono(), silence])
    microphone.write_bytes(write(Audio.mono(samples, sound.sample_rate), "wav"))
    return len(samples) / sound.sample_rate


def test_an_operator_sees_the_queue_and_nobody_else_does(house: House) -> None:
    with house.page("operator") as page:
        page.get_by_role("link", name="Operation").click()
        page.get_by_role("link", name="Reviews").click()
        expect(page.get_by_text("Nothing waits.")).to_be_visible()
        examine(page)
    with house.page("developer") as page:
        assert page.get_by_role("link", name="Operation").count() == 0


@pytest.mark.parametrize(("language", "word"), [("Deutsch", "Meine Stimmen"), ("简体中文", "我的声音")])
def test_the_console_speaks_the_language_one_chooses(house: House, language: str, word: str) -> None:
    with house.page("developer") as page:
        page.get_by_role("button", name=language).click()
        expect(page.get_by_role("link", name=word).first).to_be_visible()
        for path in ("/voices/", "/apps/", "/check/", "/accounts/2fa/"):
            house.go(page, path)


def test_signing_up_needs_no_more_than_an_address_and_a_password(house: House) -> None:
    with house.page() as page:
        house.go(page, "/accounts/signup/")
        page.get_by_label("Email").fill("new@example.org")
        page.get_by_label("Password:", exact=True).fill(PASSWORD)
        page.get_by_label("Password (again)").fill(PASSWORD)
        page.get_by_role("button", name="Sign Up").click()
        page.get_by_role("link", name="Sign-in security").click()
        examine(page)
        for path in ("/accounts/email/", "/accounts/password/change/", "/accounts/logout/"):
            house.go(page, path)
