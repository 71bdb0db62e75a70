"""Each role walks its path in a real browser on the real system: owner, app developer, auditor, anybody, operator."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.house import PASSWORD, House
from vivavoce.demo import story


def test_a_developer_founds_an_organisation_sees_a_key_once_and_asks_an_owner_who_declines(house: House) -> None:
    with house.as_client("singer") as owner:
        voice_id = story.voice_of(owner, "Alex Example", "Alex")
    with house.page("developer", world="sandbox") as page:
        house.go(page, "/apps/")
        page.get_by_label("Name of the organisation").fill("Developer's App")
        page.get_by_role("button", name="Create").click()
        page.get_by_label("What the key is for").fill("server")
        page.get_by_role("button", name="Create a key").click()
        secret = page.locator("code.secret").inner_text()
        assert secret.startswith("vv_test_")
        house.see(page)
        page.reload()
        assert secret not in page.content()
        page.get_by_label("Voice id").fill(voice_id)
        page.get_by_label("digital assistants").check()
        page.get_by_label("Your words to the owner").fill("May our assistant speak like you?")
        page.get_by_role("button", name="Send the request").click()
        house.see(page)
        expect(page.get_by_role("heading", name=voice_id).get_by_text("asked for")).to_be_visible()
    with house.page("singer", world="sandbox") as page:
        house.go(page, f"/voices/{voice_id}/")
        expect(page.get_by_text("May our assistant speak like you?")).to_be_visible()
        page.get_by_role("button", name="Decline").click()
        expect(page.get_by_role("heading", name="Developer's App").get_by_text("revoked")).to_be_visible()
        house.see(page)


@pytest.mark.parametrize(("language", "word"), [("Deutsch", "Meine Stimmen"), ("简体中文", "我的声音")])
def test_the_console_speaks_the_language_one_chooses(house: House, language: str, word: str) -> None:
    with house.page("developer") as page:
        page.get_by_role("button", name=language).click()
        expect(page.locator("main").get_by_text(word).first).to_be_visible()
        for path in ("/voices/", "/apps/", "/check/", "/accounts/2fa/"):
            house.go(page, path)
            house.see(page, f"{language}{path.replace('/', '-')}")


def test_signing_up_needs_no_more_than_an_address_and_a_password(house: House) -> None:
    with house.page() as page:
        house.go(page, "/accounts/signup/")
        page.get_by_label("Email").fill("new@example.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password (again)").fill(PASSWORD)
        page.get_by_role("button", name="Sign Up").click()
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("link", name="Sign-in security").click()
        house.see(page)
        for path in ("/accounts/email/", "/accounts/password/change/", "/accounts/logout/"):
            house.go(page, path)
            house.see(page)
