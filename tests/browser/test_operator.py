"""An operator's rooms: reviews by two people, policy, protected voices, queues, retention, keys, health; nothing that stops the mark."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from audiokit import Audio, write
from safeguards.gate.policy import LIVE
from tests.browser.house import SLOW, House
from tests.browser.keyboard import reach


@pytest.fixture
def waiting(house: House, recording: Path) -> str:
    """The id of a borderline consent."""
    program = [sys.executable, "-m", "tests.browser.borderline", str(recording)]
    done = subprocess.run(program, env=dict(house.server.environment), check=True, capture_output=True, text=True)
    return done.stdout.strip().splitlines()[-1]


def test_two_people_judge_and_one_person_twice_is_one_person(house: House, waiting: str) -> None:
    with house.page("operator", wide=True) as first:
        house.go(first, "/operation/")
        first.get_by_role("link", name="Reviews").click()
        first.get_by_role("link", name=waiting).click()
        house.see(first, "review")
        assert first.locator("ul.scores li.warn").count() == 2
        expect(first.get_by_text("0 of two approvals are there.")).to_be_visible()
        with first.context.expect_page() as opened:
            first.evaluate("window.open(location.href)")
        second_tab = opened.value
        for tab in (first, second_tab):
            tab.get_by_label("Reason").fill("The voice is natural, the noise is a fan.")
            tab.get_by_role("button", name="Approve").click()
        expect(first.get_by_text("another person must agree")).to_be_visible()
        expect(second_tab.get_by_role("alert")).to_contain_text("judged this consent already")
        second_tab.close()
        house.go(first, f"/reviews/{waiting}/")
        expect(first.get_by_text("You have judged this consent; another person must.")).to_be_visible()
    with house.page("operator2") as page:
        house.go(page, f"/reviews/{waiting}/")
        expect(page.get_by_text("1 of two approvals are there.")).to_be_visible()
        house.see(page, "review")
        page.get_by_label("Reason").fill("I agree.")
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("Two people agreed: the consent is active.")).to_be_visible()


def test_a_reviewer_hears_the_recording_and_the_log_says_so(house: House, waiting: str) -> None:
    with house.page("operator") as page:
        house.go(page, f"/reviews/{waiting}/")
        seconds = page.evaluate(
            """async () => {
                const audio = document.querySelector("audio");
                audio.preload = "auto";
                audio.load();
                await new Promise((done, fail) => { audio.oncanplaythrough = done; audio.onerror = fail; });
                return audio.duration;
            }"""
        )
        assert seconds > 5
    with house.page("auditor") as page:
        house.go(page, f"/log/?subject={waiting}&event=1001")
        assert page.locator("ol.entries li").count() >= 1
    with house.page("developer") as page:
        assert page.request.get(f"{house.server.url}/reviews/{waiting}/recording.flac").status == 404


def test_one_refusal_refuses_by_keyboard_alone(house: House, waiting: str) -> None:
    with house.page("operator2") as page:
        house.go(page, f"/reviews/{waiting}/")
        reach(page, "textarea")
        page.keyboard.type("Two voices can be heard.")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("The consent is refused.")).to_be_visible()
        assert page.request.get(f"{house.server.url}/reviews/{waiting}/").status == 404


def test_a_voice_is_protected_from_a_recording_and_taken_off_again(house: House, recording: Path) -> None:
    with house.page("operator") as page:
        house.go(page, "/operation/protected/")
        page.get_by_label("Whose voice is it?").fill("Kathleen")
        page.get_by_label("A recording of it").set_input_files(recording)
        page.get_by_role("button", name="Protect", exact=True).click()
        row = page.locator("#held li", has_text="Kathleen").filter(has=page.locator("details"))
        row.wait_for(timeout=SLOW)
        house.see(page, "protected")
        row.get_by_text("Take it off the list").click()
        row.get_by_role("button", name="Protect Kathleen no longer").click()
        expect(page.get_by_text("The voice is no longer protected.")).to_be_visible()
        expect(page.locator("#held", has_text="Kathleen")).to_have_count(0)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"not a sound" * 20, "not a sound format"),
        (write(Audio.mono(np.zeros(160_000), 16_000), "wav"), "less than five"),
    ],
)
def test_what_is_no_voice_is_not_protected_and_said_to_be_none(house: House, data: bytes, said: str) -> None:
    with house.page("operator") as page:
        house.go(page, "/operation/protected/")
        page.get_by_label("Whose voice is it?").fill("Nobody")
        page.get_by_label("A recording of it").set_input_files(
            {"name": "x.wav", "mimeType": "audio/wav", "buffer": data}
        )
        page.get_by_role("button", name="Protect", exact=True).click()
        failed = page.locator("#held li", has_text="not protected").filter(has_text=said).first
        failed.wait_for(timeout=SLOW)


def test_health_workers_queues_retention_and_keys_are_seen_and_what_is_safe_is_triggered(house: House) -> None:
    with house.page("operator") as page:
        house.go(page, "/operation/")
        for name in ("The log is signed in time", "The database refuses to change the log", "Work is taken in time"):
            expect(page.get_by_role("heading", name=name)).to_be_visible()
        expect(page.get_by_text("Asking who is there")).to_have_count(0, timeout=SLOW)
        house.see(page, "operation")
        page.get_by_role("link", name="Queues", exact=True).click()
        page.get_by_role("button", name="Have the workers look now").click()
        expect(page.get_by_text("The workers were asked to look.")).to_be_visible()
        expect(page.get_by_role("rowheader", name="Rendering")).to_be_visible()
        house.see(page, "queues")
        page.get_by_role("link", name="Retention").click()
        page.get_by_role("button", name="Apply now").click()
        expect(page.get_by_text("A worker applies the rules now.")).to_be_visible()
        house.see(page, "retention")
        house.server.command("log", "checkpoint")  # where this is the first test of a house, nothing has been signed
        page.get_by_role("link", name="Keys", exact=True).click()
        expect(page.get_by_text("signs now")).to_be_visible()
        expect(page.get_by_role("button", name="Hand over now")).to_have_count(0)
        house.see(page, "keys")


def test_the_policy_shows_each_threshold_with_its_measured_error_rates(house: House) -> None:
    with house.page("operator", wide=True) as page:
        house.go(page, "/operation/policy/")
        synthetic = page.locator("section.threshold", has_text="Synthetic speech (probability)")
        expect(synthetic.get_by_text(f"up to {LIVE.synthetic_pass:.2f}")).to_be_visible()
        assert (
            synthetic.locator("ul.measures li").count()
            or synthetic.get_by_text("Not measured in this version.").count()
        )
        assert page.locator("main").locator("form, input, button").count() == 0
        house.see(page, "policy")


def test_nobody_else_finds_these_rooms(house: House, waiting: str) -> None:
    with house.page("auditor", wide=True) as page:
        assert page.get_by_role("link", name="Operation").count() == 0
        for room in ("operation/", "operation/keys/", "operation/protected/", f"reviews/{waiting}/"):
            assert page.request.get(f"{house.server.url}/{room}").status == 404
