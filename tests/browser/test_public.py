"""Anybody asks whether a clip was made here, and never learns who made it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from audiokit import write
from tests import speech_data
from tests.browser.house import SLOW, House
from tests.browser.test_auditor import choose

_FORGET = "from vivavoce.api.models import RateBucket; RateBucket.objects.all().delete()"


@pytest.fixture
def full_bucket(house: House) -> Iterator[None]:
    """The address may ask again as often as at first, before and after."""
    house.server.command("django", "shell", "--no-imports", "-c", _FORGET)
    yield
    house.server.command("django", "shell", "--no-imports", "-c", _FORGET)


def put(house: House, page: Page, data: bytes) -> None:
    house.go(page, "/check/")
    page.get_by_label("Clip: drop it here").set_input_files({"name": "x.wav", "mimeType": "audio/wav", "buffer": data})
    page.get_by_role("button", name="Check", exact=True).click()


def test_a_clip_of_ours_is_recognised_without_a_word_about_who(house: House, clip: bytes) -> None:
    with house.page() as page:
        put(house, page, clip)
        verdict = page.locator("section.verdict")
        verdict.get_by_text("made here", exact=True).wait_for(timeout=SLOW)
        expect(verdict.get_by_text("Wrongly says “found” of other sound")).to_have_count(4)
        house.see(page, "check-found")
        everything = page.content() + page.request.get(page.url).text()
        assert re.search(r"\b(cli|req|voi|gra|con|org|usr|own)_\w+", everything) is None
        address = page.url
    with house.page("auditor") as page:
        assert page.request.get(address.replace("/check/", "/audit/")).status == 404


def test_other_speech_is_not_detected_and_that_means_no_human(house: House) -> None:
    speech = write(speech_data.load(speech_data.clips("LJ", min_seconds=3.0)[0]), "mp3")
    with house.page() as page:
        put(house, page, speech)
        verdict = page.locator("section.verdict")
        verdict.get_by_text("no trace found", exact=True).first.wait_for(timeout=SLOW)
        expect(verdict.get_by_text("That does not mean that a human spoke it.")).to_be_visible()
        assert "human voice" not in page.content()
        house.see(page, "check-not-detected")


def test_garbage_is_refused_in_words(house: House) -> None:
    with house.page() as page:
        put(house, page, b"\x00garbage" * 50)
        page.locator(".verdict .problem").wait_for(timeout=SLOW)
        house.see(page, "check-garbage")


def test_who_asks_too_often_is_told_when_to_come_back(house: House, full_bucket: None) -> None:
    with house.page() as page:
        house.go(page, "/check/")
        page.locator("#file").set_input_files({"name": "x.wav", "mimeType": "audio/wav", "buffer": b"x"})
        # At once after the first refusal, before the bucket holds a token again.
        statuses = page.evaluate(
            """async () => {
                const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
                const found = [];
                while (found.length < 60 && found.at(-1) !== 429) {
                    const body = new FormData();
                    body.append("csrfmiddlewaretoken", token);
                    found.push((await fetch("/check/", { method: "POST", body })).status);
                }
                document.querySelector("main form").requestSubmit();
                return found;
            }"""
        )
        assert statuses[0] == 422
        assert statuses[-1] == 429
        assert len(statuses) > 15
        expect(page.get_by_role("alert")).to_contain_text("Too many clips from your address")
        house.see(page, "check-limited")


def test_a_keyboard_is_enough(house: House, clip: bytes) -> None:
    with house.page() as page:
        house.go(page, "/check/")
        choose(page, clip)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.locator("section.verdict").get_by_text("made here", exact=True).wait_for(timeout=SLOW)
