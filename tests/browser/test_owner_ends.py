"""What an owner gave is taken back: for a while, from one app, for good, and without a trace of the voice; the app feels each at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.house import House
from vivavoce.demo import story
from vivavoce.demo.client import Client


@pytest.fixture
def app(house: House, furnished: dict[str, str]) -> Iterator[Client]:
    """The app that has a grant for the spare voice."""
    with closing(Client(house.server.url, furnished["key"])) as client:
        yield client


def refused(app: Client, voice_id: str) -> str:
    """The code with which the app's next request is refused."""
    return story.refusal_of(lambda: story.synthesise(app, voice_id, "Again, please.", purpose="narration")).code


def test_pause_revoke_and_erase_are_felt_at_once(house: House, furnished: dict[str, str], app: Client) -> None:
    voice = furnished["spare"]
    made = story.synthesise(app, voice, "Once upon a time.", purpose="narration")
    with house.page("resident", world="sandbox") as page:
        house.go(page, f"/voices/{voice}/end/")
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("paused")
        assert refused(app, voice) == "voice_suspended"
        assert story.refusal_of(lambda: app.download(made.clip["url"])).status in {403, 404, 409}
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("ready")
        assert app.download(made.clip["url"]) == made.data

        house.go(page, f"/voices/{voice}/grants/")
        card = page.locator("article.grant", has_text="A reading app")
        expect(card).to_contain_text("of 1000 characters")
        card.get_by_role("button", name="Revoke").click()
        expect(page.get_by_role("heading", name="Nobody")).to_be_visible()
        assert app.get(f"/v1/grants/{furnished['spare_grant']}")["state"] == "revoked"
        assert refused(app, voice) == "grant_revoked"

        house.go(page, f"/voices/{voice}/end/")
        page.get_by_role("link", name="Revoke for good").click()
        expect(page.get_by_text("Nobody can undo this")).to_be_visible()
        page.get_by_role("button", name="Revoke for good").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("revoked")
        house.go(page, f"/voices/{voice}/clips/")  # the owner still hears what was made
        sound = page.locator("article.clip audio").first.get_attribute("src")
        assert page.request.get(f"{house.server.url}{sound}").status == httpx.codes.OK
        assert story.refusal_of(lambda: app.download(made.clip["url"])).status in {403, 404, 409, 410}

        house.go(page, f"/voices/{voice}/end/")
        page.get_by_role("link", name="Erase").click()
        page.get_by_role("button", name="Erase").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("erased")
        assert page.request.get(f"{house.server.url}{sound}").status == httpx.codes.CONFLICT
        house.go(page, f"/voices/{voice}/clips/")
        expect(page.get_by_text("The sound was deleted.")).to_be_visible()
        house.go(page, "/voices/")
        page.get_by_text("Ended voices").click()
        house.see(page, "owner-ended-voices")
