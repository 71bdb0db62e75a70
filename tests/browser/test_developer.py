"""An app developer gets an app to speak: organisation, members, keys, grants, playground, webhooks, usage."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.house import House, until
from vivavoce.demo import story


class Receiver(BaseHTTPRequestHandler):
    """A server that keeps what it is told; refuses while ``down``."""

    heard: list[dict[str, str]] = []
    down = False

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        Receiver.heard.append({key.lower(): value for key, value in self.headers.items()})
        self.send_response(500 if Receiver.down else 204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Nothing on standard error."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def app_path(house: House) -> str:
    """The pages of an organisation that ``developer`` manages."""
    return f"/apps/{house.organisation('Weather Voice', 'developer')}/"


def test_an_organisation_is_founded_and_shared(house: House) -> None:
    with house.page("developer", world="sandbox") as page:
        house.go(page, "/apps/")
        house.see(page, "apps")
        page.get_by_label("Name of the organisation").fill("Founded here")
        page.get_by_role("button", name="Create").click()
        expect(page.get_by_role("heading", level=1, name="Founded here")).to_be_visible()
        expect(page.get_by_role("heading", name="Nothing asked for yet")).to_be_visible()
        for language in ("curl", "Python", "JavaScript"):
            expect(page.get_by_role("heading", name=language)).to_be_visible()
        house.see(page, "app-new")
        page.get_by_role("link", name="Members").click()
        page.get_by_label("Email address").fill("colleague@example.org")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("button", name="Make manager colleague@example.org").click()
        house.see(page, "app-members")
        page.get_by_role("button", name="Make developer colleague@example.org").click()
        page.get_by_role("button", name="Make developer developer@example.org").click()
        expect(page.get_by_text("keeps at least one manager")).to_be_visible()
        address = page.url
    with house.page("colleague", world="sandbox") as page:
        page.goto(address)
        assert page.get_by_role("link", name="Keys").count() == 0
        assert page.get_by_role("button", name="Remove").count() == 0
        house.see(page)


def test_a_key_is_shown_once_bound_to_addresses_and_rotated(house: House, app_path: str) -> None:
    with house.page("developer", world="sandbox") as page:
        house.go(page, f"{app_path}keys/")
        page.get_by_label("What the key is for").fill("server")
        page.get_by_label("Only from these addresses").fill("203.0.113.0/24")
        page.get_by_role("button", name="Create a key").click()
        first = page.locator("#token").inner_text()
        assert first.startswith("vv_test_")
        house.see(page, "app-key-new")
        refused = httpx.get(f"{house.server.url}/v1/voices", headers={"Authorization": f"Bearer {first}"})
        assert refused.status_code == httpx.codes.UNAUTHORIZED  # we do not call from there
        page.get_by_text("Rotate", exact=True).click()
        page.get_by_label("The old key works for another").select_option("3600")
        page.get_by_role("button", name="Make its successor").click()
        second = page.locator("#token").inner_text()
        assert second != first
        expect(page.get_by_text("replaced by")).to_be_visible()
        house.go(page, f"{app_path}keys/")
        assert second not in page.content()
        house.see(page, "app-keys")
        page.get_by_text("A new key", exact=True).click()
        page.get_by_label("What the key is for").fill("wrong")
        page.get_by_label("Only from these addresses").fill("everywhere")
        page.get_by_role("button", name="Create a key").click()
        expect(page.get_by_role("alert")).to_contain_text("CIDR")


def test_an_owner_is_asked_and_declines(house: House, app_path: str) -> None:
    with house.as_client("singer") as owner:
        voice_id = story.voice_of(owner, "Alex Example", "Asked for")
    with house.page("developer", world="sandbox") as page:
        house.go(page, f"{app_path}grants/")
        page.get_by_label("Voice id").fill("voi_nobody")
        page.get_by_label("digital assistants").check()
        page.get_by_label("Your words to the owner").fill("May our assistant speak like you?")
        page.get_by_role("button", name="Send the request").click()
        expect(page.get_by_text("There is no voice with this id")).to_be_visible()
        house.see(page, "app-grant-refused")
        page.get_by_label("Voice id").fill(voice_id)
        page.get_by_role("button", name="Send the request").click()
        expect(page.locator("article.grant", has_text=voice_id)).to_contain_text("asked for")
        house.see(page, "app-grants")
    with house.page("singer", world="sandbox") as page:
        house.go(page, "/voices/")
        page.get_by_role("link", name="Asked for").first.click()
        expect(page.get_by_text("May our assistant speak like you?")).to_be_visible()
        page.get_by_role("button", name="Decline").click()
        expect(page.get_by_text("Ended")).to_be_visible()


@pytest.mark.parametrize("encoding", ["wav", "mp3"])
def test_the_playground_plays_while_it_renders(house: House, app_path: str, encoding: str) -> None:
    with house.page("developer", world="sandbox", wide=encoding == "mp3") as page:
        house.go(page, f"{app_path}playground/")
        house.see(page, f"playground-{encoding}")
        page.get_by_label("Text").fill("First the weather. It rains in the north. It is dry in the south, and warm.")
        page.get_by_label("Emotion").select_option("calm")
        page.get_by_label("Speed").fill("1.2")
        page.get_by_label("Format").select_option(encoding)
        started = watch_windows(page)
        page.get_by_role("button", name="Speak").click()
        page.locator("#spoken audio").wait_for(timeout=90_000)
        assert page.evaluate("Number(document.querySelector('[data-playground]').dataset.heard) > 0")
        assert len(started) >= 2, "the sound came in pieces"
        until(page, "document.querySelector('#spoken audio').duration > 2")
        page.get_by_text("The same by API").click()
        expect(page.locator("#example-curl")).to_contain_text("/v1/audio/speech")
        expect(page.locator("#example-python")).to_contain_text("from openai import OpenAI")
        house.see(page, f"playground-spoken-{encoding}")
        with page.expect_download() as clip:
            page.get_by_role("link", name="Download").click()
        assert clip.value.suggested_filename.endswith(f".{encoding}")


def watch_windows(page: Page) -> list[str]:
    """Addresses of answers that brought sound."""
    found: list[str] = []

    def note(response: object) -> None:
        url, status = str(getattr(response, "url", "")), getattr(response, "status", 0)
        if "/windows/" in url and status == httpx.codes.OK:
            found.append(url)

    page.on("response", note)
    return found


def test_what_the_gate_refuses_is_said_in_the_playground(house: House, app_path: str) -> None:
    with house.page("developer", world="sandbox") as page:
        house.go(page, f"{app_path}playground/")
        page.get_by_label("Text").fill("…")
        page.get_by_role("button", name="Speak").click()
        expect(page.locator("#spoken").get_by_role("alert")).to_contain_text("no letter")
        house.see(page, "playground-refused")


def test_usage_is_counted_by_day(house: House, app_path: str) -> None:
    with house.page("developer", world="sandbox", wide=True) as page:
        house.go(page, app_path)
        expect(page.locator(".stats")).to_contain_text("characters")
        assert page.locator(".chart rect").count() == 30
        page.get_by_text("As a table").click()
        assert page.locator(".chart tbody tr").count() >= 1
        house.see(page, "app-usage")
        page.get_by_role("button", name="Live").click()
        assert page.locator(".banner-sandbox").count() == 0
        assert page.get_by_role("heading", name="Nothing asked for yet").is_visible()
        house.see(page, "app-usage-live")


def test_webhooks_are_delivered_logged_and_replayed(house: House, app_path: str, receiver: str) -> None:
    with house.page("developer", world="sandbox") as page:
        house.go(page, f"{app_path}webhooks/")
        house.see(page, "webhooks-empty")
        page.get_by_label("Address").fill("ftp://example.org/")
        page.get_by_role("button", name="Add the endpoint").click()
        expect(page.get_by_role("alert")).to_contain_text("https://")
        page.get_by_label("Address").fill(receiver)
        page.get_by_role("button", name="Add the endpoint").click()
        assert page.locator("#secret").inner_text().startswith("whsec_")
        house.see(page, "webhook-secret")
        page.get_by_role("button", name="Send a test message").click()
        first = page.locator("article.delivery").first
        expect(first).to_contain_text("delivered", timeout=30_000)
        expect(first).to_contain_text("HTTP 204")
        assert "whsec_" not in page.content()
        page.get_by_role("button", name="Replay").first.click()
        expect(page.locator("article.delivery")).to_have_count(2)
        expect(page.locator("article.delivery").first).to_contain_text("HTTP 204", timeout=30_000)
        told = [message["webhook-id"] for message in Receiver.heard]
        assert told[0] == told[1], "a replay carries the same id"
        Receiver.down = True
        page.get_by_role("button", name="Send a test message").click()
        expect(page.locator("article.delivery").first).to_contain_text("HTTP 500", timeout=30_000)
        house.see(page, "webhook-log")
        page.get_by_role("button", name="Switch off").click()
        expect(page.get_by_text("You switched it off.")).to_be_visible()
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_role("heading", name="No endpoint yet")).to_be_visible()


def test_the_sandbox_cannot_be_overlooked(house: House, app_path: str) -> None:
    with house.page("developer") as page:
        house.go(page, app_path)
        expect(page.get_by_role("button", name="Live", pressed=True)).to_be_visible()
        page.get_by_role("button", name="Sandbox", exact=True).click()
        expect(page.locator(".banner-sandbox")).to_be_in_viewport()
        expect(page.get_by_role("button", name="Sandbox", exact=True, pressed=True)).to_be_visible()
        page.mouse.wheel(0, 4000)
        expect(page.locator(".banner-sandbox")).to_be_in_viewport()
        page.get_by_role("button", name="Leave the sandbox").click()
        assert page.locator(".banner-sandbox").count() == 0
