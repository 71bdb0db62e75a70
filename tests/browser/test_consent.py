"""A person gives consent in a real browser: real server, real worker, a WAV file as the microphone.

The person is the sandbox's: the words appear in the page, the actor says them through the API, and Chromium's fake microphone plays the clip.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, sync_playwright

from audiokit import Audio, read, write
from vivavoce.demo import story
from vivavoce.demo.client import Client
from vivavoce.demo.people import APP_SCOPES
from vivavoce.demo.server import Server, running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here (Debian: apt-get install chromium); CI has one"),
]
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
]


@dataclass
class Console:
    """A signed-in browser page, the microphone's file, and an app's client for the sandbox actor."""

    page: Page
    server: Server
    microphone: Path
    app: Client
    complaints: list[str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("browser") / "home") as started:
        yield started


@pytest.fixture
def console(server: Server, tmp_path: Path) -> Iterator[Console]:
    password = tmp_path / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    email = f"{tmp_path.name}@example.org".lower()
    server.command("user", "create", email, "--password-file", str(password), "--json")
    organisation = json.loads(server.command("organisations", "create", "Test App", "--json").stdout)["id"]
    made = server.command(
        "keys", "create", "--organisation", organisation, "--world", "sandbox", "--scopes", APP_SCOPES, "--json"
    )
    microphone = tmp_path / "microphone.wav"
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, f"--use-file-for-fake-audio-capture={microphone}%noloop"]
        )
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{server.url}/accounts/login/")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.locator("main").get_by_role("button", name="Sign In", exact=True).click()
        page.wait_for_url(f"{server.url}/")
        app = Client(server.url, json.loads(made.stdout)["key"])
        yield Console(page, server, microphone, app, complaints)
        app.close()
        browser.close()


def speak_into(console: Console, text: str) -> float:
    """Let the actor say ``text`` into the microphone's file; returns its length in seconds."""
    sound = read(story.sandbox_person(console.app)(text), max_seconds=120, max_bytes=2**25)
    silence = np.zeros(sound.sample_rate // 2, dtype=np.float32)
    samples = np.concatenate([silence, sound.to_mono(), silence])
    console.microphone.write_bytes(write(Audio.mono(samples, sound.sample_rate), "wav"))
    return len(samples) / sound.sample_rate


def read_aloud(console: Console) -> str:
    """Prepare a consent, see the words, record them, send; returns what the page says of it."""
    page = console.page
    page.get_by_label("digital assistants").check()
    page.get_by_role("button", name="Prepare a new consent").click()
    statement = page.locator("blockquote.statement").inner_text()
    assert "Alex Example" in statement
    page.get_by_role("button", name="Show the words").click()
    page.locator("ol.words li").first.wait_for()
    words = page.locator("ol.words li").all_inner_texts()
    assert len(words) >= 6
    seconds = speak_into(console, f"{statement} {'. '.join(words)}.")
    page.get_by_role("button", name="Record").click()
    page.wait_for_timeout(1000 * seconds)
    page.get_by_role("button", name="Stop").click()
    page.locator("audio[data-playback]").wait_for(state="visible")
    page.get_by_role("button", name="Send").click()
    ended = page.locator("#outcome").get_by_role("link", name="Continue")
    ended.wait_for(timeout=120_000)
    return page.locator("#outcome").inner_text()


def test_a_person_consents_with_the_microphone(console: Console) -> None:
    page = console.page
    page.get_by_role("button", name="Enter the sandbox").click()
    assert page.get_by_text("Sandbox: synthetic people").is_visible()
    page.get_by_role("link", name="My voices").first.click()
    page.get_by_label("Your full name").fill("Alex Example")
    page.get_by_label("What to call this voice").fill("Alex")
    page.get_by_role("button", name="Continue to the consent").click()
    outcome = ""
    for _ in range(story.TRIES):  # the small engine mispronounces a word now and then; a person, too, may misread one
        outcome = read_aloud(console)
        if "challenge words were not all spoken" not in outcome:
            break
        page.get_by_role("link", name="Continue").click()
    assert "active" in outcome, outcome

    page.get_by_role("link", name="Continue").click()
    assert page.get_by_role("button", name="Withdraw consent").is_visible()
    page.get_by_role("button", name="Withdraw consent").click()
    assert page.get_by_text("withdrawn").first.is_visible()
    assert console.complaints == []


def test_silence_is_refused_in_words_and_the_person_may_try_again(console: Console) -> None:
    page = console.page
    page.get_by_role("button", name="Enter the sandbox").click()
    page.get_by_role("link", name="My voices").first.click()
    if page.get_by_label("Your full name").count():
        page.get_by_label("Your full name").fill("Alex Example")
    page.get_by_label("What to call this voice").fill("Second")
    page.get_by_role("button", name="Continue to the consent").click()
    page.get_by_label("digital assistants").check()
    page.get_by_role("button", name="Prepare a new consent").click()
    page.get_by_role("button", name="Show the words").click()
    page.locator("ol.words li").first.wait_for()
    console.microphone.write_bytes(write(Audio.mono(np.zeros(48_000), 16_000), "wav"))
    page.get_by_role("button", name="Record").click()
    page.wait_for_timeout(2500)
    page.get_by_role("button", name="Stop").click()
    assert "quiet" in page.locator("[data-status]").inner_text().lower()
    page.get_by_role("button", name="Send").click()
    page.locator("#outcome .problem").wait_for(timeout=90_000)
    assert page.locator("#outcome h2", has_text="active").count() == 0
