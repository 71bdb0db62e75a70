"""The live world with a living person: recordings of the shared speech set come through the microphone, hers and, to be refused, those of others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from audiokit import Audio, read, resample, write
from tests.browser.house import SLOW, House
from tests.browser.test_owner import approve, record, send
from tests.conftest import shared_folder
from tests.live_recordings import MAX_SECONDS, MIN_SECONDS, SPEAKER
from vivavoce.demo.client import Client
from vivavoce.demo.living import Reading, joined
from vivavoce.demo.people import PERSON_SCOPES
from voices.prompts import enrolment_prompts

pytestmark = pytest.mark.shared
OTHER = "LJ"


def readings(speaker: str) -> list[Reading]:
    """Sentences of a few seconds, as ``make demo RECORDINGS=`` takes them."""
    import csv

    speech = shared_folder() / "speech"
    with (speech / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["speaker"] == speaker and row["kind"] == "bonafide"]
    fitting = [row for row in rows if row["transcript"] and MIN_SECONDS <= float(row["seconds"]) <= MAX_SECONDS]
    return [Reading(row["transcript"], speech / row["path"]) for row in fitting[:40]]


@pytest.fixture(scope="module")
def hers() -> dict[str, Reading]:
    """What she said, by its text."""
    return {reading.text: reading for reading in readings(SPEAKER)}


@pytest.fixture(scope="module")
def api(house: House) -> Iterator[Client]:
    """Her key in the live world."""
    holder = ["--account", "kathleen@example.org", "--world", "live", "--scopes", PERSON_SCOPES]
    with closing(Client(house.server.url, house.made("keys", "create", *holder)["key"])) as client:
        yield client


def consent_page(house: House, page: Page, api: Client, voice: str, hers: dict[str, Reading]) -> list[str]:
    """Open a consent whose challenge is drawn from her own sentences; returns them."""
    scope = {"voice_id": voice, "purposes": ["assistant"], "languages": ["en"]}
    consent = api.post("/v1/consents", scope)["id"]
    asked = api.post("/v1/challenges", {"consent_id": consent, "sentences": list(hers)})
    house.go(page, f"/consents/{consent}/")
    shown = page.locator("ol.words li").all_inner_texts()
    assert shown == asked["words"]
    house.give_time(page)
    return shown


@pytest.fixture(scope="module")
def voice(house: House, api: Client, hers: dict[str, Reading]) -> str:
    """Her voice with a consent that she spoke into the microphone."""
    profile = api.post("/v1/owners", {"name": "Kathleen Example", "language": "en"})
    made: str = api.post("/v1/voices", {"owner_id": profile["id"], "label": "Kathleen"})["id"]
    with house.page("kathleen") as page:
        said = ""
        for _ in range(3):  # who is misheard is asked again
            sentences = consent_page(house, page, api, made, hers)
            record(house, page, joined([hers[sentence] for sentence in sentences]))
            for sentence in sentences:
                hers.pop(sentence)  # a recording is taken once
            said = send(page)
            if "Not accepted" not in said:
                break
        if "Two people will look at it" in said:
            for operator in ("operator", "operator2"):
                approve(house, operator, page.url.rstrip("/").rpartition("/")[2])
            page.reload()
        expect(page.get_by_text("Your consent holds")).to_be_visible()
        house.see(page, "living-consent")
    return made


def test_a_living_person_gives_consent_and_it_is_no_simulation(house: House, voice: str, api: Client) -> None:
    [consent] = [each for each in api.get(f"/v1/consents?voice_id={voice}")["items"] if each["state"] == "active"]
    assert consent["simulated"] is False
    with house.page("kathleen") as page:
        house.go(page, f"/voices/{voice}/")
        expect(page.get_by_role("heading", name="Next: read twenty sentences")).to_be_visible()
        assert page.locator(".banner-sandbox").count() == 0


def test_her_words_in_another_order_are_refused(
    house: House, voice: str, api: Client, hers: dict[str, Reading]
) -> None:
    with house.page("kathleen") as page:
        sentences = consent_page(house, page, api, voice, hers)
        others = [text for text in hers if text not in sentences][: len(sentences)]
        record(house, page, joined([hers[text] for text in others]))
        said = send(page)
        assert "Not accepted" in said
        expect(page.locator("ul.checks li", has_text="You read every word")).to_contain_text("no")
        house.see(page, "living-wrong-words")


def test_readings_by_another_person_in_noise_or_too_loud_are_refused_singly(
    house: House, voice: str, hers: dict[str, Reading]
) -> None:
    with house.page("kathleen") as page:
        house.go(page, f"/voices/{voice}/")
        page.get_by_role("button", name="Start reading").click()
        words = (
            "right words"  # her recordings hold other sentences than the page asks for, so that this fails each time
        )
        own = read(next(iter(hers.values())).path, max_seconds=20, max_bytes=2**24)
        other = read(readings(OTHER)[0].path, max_seconds=20, max_bytes=2**24)
        for sound, failing in ((other, "your voice"), (noisy(own), "clear sound"), (clipped(own), "clear sound")):
            prompt = page.locator("#sentence blockquote").inner_text()
            assert prompt in enrolment_prompts("en")
            record(house, page, write(sound, "wav"))
            page.get_by_role("button", name="Send", exact=True).first.click()
            latest = page.locator("#takes ul.takes > li", has_text=prompt)
            expect(latest).not_to_contain_text("not accepted")  # that was about the reading before this one
            expect(latest).to_contain_text("not accepted", timeout=SLOW)
            bad = latest.locator(".marks .bad").all_inner_texts()
            assert {words, failing} <= {name.split(":")[0].strip() for name in bad}, (failing, prompt, bad)
            house.see(page, f"living-take-{failing.replace(' ', '-')}")
            page.reload()


def noisy(sound: Audio) -> Audio:
    """As loud a room as the voice."""
    wide = resample(sound, 48_000).to_mono()
    rng = np.random.default_rng(5)
    return Audio.mono((wide + rng.normal(0, np.std(wide), len(wide))).astype(np.float32), 48_000)


def clipped(sound: Audio) -> Audio:
    """Ten times as loud as the converter takes."""
    samples = sound.to_mono()
    return Audio.mono(np.clip(samples * 10 / np.abs(samples).max(), -1, 1), sound.sample_rate)
