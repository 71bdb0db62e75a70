"""Each role walks its path in a real browser on the real system: owner, app developer, auditor, anybody, operator."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.house import PASSWORD, House


@pytest.mark.parametrize(("language", "word"), [("Deutsch", "Meine Stimmen"), ("简体中文", "我的声音")])
def test_the_console_speaks_the_language_one_chooses(house: House, language: str, word: str) -> None:
    with house.page("developer") as page:
        page.get_by_role("button", name=language).click()
        expect(page.locator("main").get_by_text(word).first).to_be_visible()
        house.go(page, "/apps/")  # and it stays
        assert page.get_by_role("button", name=language).get_attribute("aria-current") == "true"


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
