"""Signing up, a second factor by one-time codes, and a passkey."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time

from playwright.sync_api import CDPSession, Page, expect

from tests.browser.house import PASSWORD, House


def sign_up(house: House, page: Page, email: str) -> None:
    house.go(page, "/accounts/signup/")
    house.see(page, "sign-up")
    page.get_by_label("Email").fill(email)
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("[name=password2]").fill(PASSWORD)
    page.get_by_role("button", name="Sign Up").click()
    page.wait_for_url(f"{house.server.url}/")


def one_time_code(secret: str) -> str:
    """RFC 6238 with SHA-1, 30 s, six digits, as authenticator apps do it."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def test_a_second_factor_by_one_time_codes(house: House) -> None:
    with house.page() as page:
        sign_up(house, page, "totp@example.org")
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("link", name="Sign-in security").click()
        house.see(page, "sign-in-security")
        page.get_by_role("link", name="Activate").first.click()
        confirm(house, page)
        house.see(page, "totp-activate")
        secret = page.locator("input[readonly], input[disabled]").first.input_value()
        page.locator("[name=code]").fill("000000")
        page.get_by_role("button", name="Activate").click()
        expect(page.locator(".errorlist")).to_be_visible()
        secret = page.locator("input[readonly], input[disabled]").first.input_value()
        page.locator("[name=code]").fill(one_time_code(secret))
        page.get_by_role("button", name="Activate").click()
        expect(page.get_by_text("recovery codes").first).to_be_visible()
        house.see(page, "totp-active")
        house.go(page, "/accounts/2fa/recovery-codes/")
        spare = page.locator("textarea, pre, ul.recovery-codes").first.input_value().split()
        house.see(page, "recovery-codes")
        house.go(page, "/accounts/logout/")
        page.locator("main").get_by_role("button", name="Sign Out").click()
        house.go(page, "/accounts/login/")
        page.locator("[name=login]").fill("totp@example.org")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.locator("[name=code]").fill("123 456")
        house.see(page, "totp-asked")
        page.locator("[name=code]").press("Enter")
        expect(page.locator(".errorlist")).to_be_visible()
        house.see(page, "totp-wrong")
        page.locator("[name=code]").fill(spare[0])  # a code of this half minute was used already
        page.locator("[name=code]").press("Enter")
        page.wait_for_url(f"{house.server.url}/")


def confirm(house: House, page: Page) -> None:
    """Before sign-in is changed, the password is asked for once more."""
    page.locator("[name=password]").fill(PASSWORD)
    house.see(page, "sign-in-confirm")
    page.get_by_role("button", name="Confirm").click()
    page.locator("[name=password]").wait_for(state="detached")


def authenticator(page: Page) -> CDPSession:
    """A passkey holder inside the browser."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session


def test_a_passkey_is_made_and_signs_in(house: House) -> None:
    with house.page() as page:
        page.goto(house.server.url.replace("127.0.0.1", "localhost"))  # passkeys need a name, not an address
        local = page.url.rstrip("/")
        page.goto(f"{local}/accounts/signup/")
        page.get_by_label("Email").fill("passkey@example.org")
        page.locator("[name=password1]").fill(PASSWORD)
        page.locator("[name=password2]").fill(PASSWORD)
        page.get_by_role("button", name="Sign Up").click()
        page.wait_for_url(f"{local}/")
        authenticator(page)
        page.goto(f"{local}/accounts/2fa/webauthn/add/")
        confirm(house, page)
        house.see(page, "passkey-add")
        page.get_by_label("Name").fill("This phone")
        page.get_by_label("Passwordless").check()
        page.get_by_role("button", name="Add").click()
        page.wait_for_url(lambda url: "/add/" not in url)
        page.goto(f"{local}/accounts/2fa/webauthn/")
        expect(page.get_by_text("This phone")).to_be_visible()
        house.see(page, "passkey-made")
        page.goto(f"{local}/accounts/logout/")
        page.locator("main").get_by_role("button", name="Sign Out").click()
        page.goto(f"{local}/accounts/login/")
        house.see(page, "sign-in")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(f"{local}/")
        page.get_by_role("button", name="Menu").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
