"""Lines that a developer copies are run as they are; and the developer's pages need no mouse."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import playwright
import pytest
from playwright.sync_api import Page, expect

from audiokit import read
from tests.browser.house import SLOW, House, until
from tests.browser.keyboard import typed

NODE = Path(playwright.__file__).parent / "driver" / "node"
RUNNERS = {"curl": ["bash", "-eu"], "python": [sys.executable, "-"], "js": [str(NODE), "--input-type=module"]}


def copied(page: Page, name: str) -> str:
    """What a click on a Copy button puts on the clipboard; the button says so for a while."""
    button = page.get_by_role("button", name=name, exact=True)
    button.click()
    expect(button).to_have_count(0)  # it says "Copied" now
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def run(kind: str, lines: str, key: str, folder: Path) -> str:
    """As a person runs them, with the key in the environment; what was printed."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        RUNNERS[kind],
        input=lines,
        env={**kept, "VIVAVOCE_KEY": key},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def app_path(house: House) -> str:
    """The pages of an organisation that ``typist`` manages."""
    return f"/apps/{house.organisation('Copied Lines', 'typist')}/"


def test_the_first_lines_are_copied_and_run(house: House, app_path: str, tmp_path: Path) -> None:
    with house.page("typist", world="sandbox") as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        house.go(page, f"{app_path}keys/")
        page.get_by_label("What the key is for").fill("lines")
        page.get_by_role("button", name="Create a key").click()
        key = copied(page, "Copy the key")
        assert key == page.locator("#token").inner_text()
        expect(page.get_by_role("button", name="Copy the key")).to_be_visible(timeout=4000)  # and is itself again
        tried = page.get_by_role("region", name="Example command").inner_text()
        assert [voice["is_actor"] for voice in json.loads(run("curl", tried, "", tmp_path))["items"]] == [True]
        house.go(page, app_path)
        for kind, title in (("curl", "curl"), ("python", "Python"), ("js", "JavaScript")):
            lines = copied(page, f"Copy {title}").replace("vv_test_…", key)  # the one thing that a person fills in
            assert "is_actor" in run(kind, lines, key, tmp_path)


def test_the_lines_of_a_request_render_the_same_again(house: House, app_path: str, tmp_path: Path) -> None:
    with house.page("typist", world="sandbox", wide=True) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        house.go(page, f"{app_path}playground/")
        page.get_by_label("Text").fill("It's a “quoted” line; $HOME and `date` stay words.")
        page.get_by_role("button", name="Speak").click()
        page.locator("#spoken audio").wait_for(timeout=SLOW)
        until(page, "document.querySelector('#spoken audio').duration > 1")
        seconds = page.evaluate("document.querySelector('#spoken audio').duration")
        page.get_by_text("The same by API").click()
        key = house.made("keys", "create", "--organisation", app_path.split("/")[2], "--world", "sandbox",
                         "--scopes", "synthesis,clips,voices", "--name", "lines")["key"]  # fmt: skip
        for kind, title in (("curl", "curl"), ("python", "Python"), ("js", "JavaScript")):
            lines = copied(page, f"Copy {title}")
            if kind == "js":  # the line ends with the sound in hand
                lines += '\nconst { writeFileSync } = await import("node:fs");\nwriteFileSync("speech.wav", Buffer.from(sound));'
            run(kind, lines, key, tmp_path)
            sound = read((tmp_path / "speech.wav").read_bytes(), max_seconds=30, max_bytes=2**24)
            assert abs(sound.seconds - seconds) < 0.3, kind
            (tmp_path / "speech.wav").unlink()


def test_an_app_is_set_up_and_speaks_by_keyboard_alone(house: House) -> None:
    with house.page("typist", world="sandbox", wide=True) as page:
        house.go(page, "/apps/")
        typed(page, "Name of the organisation", "No Mouse", "Enter")
        expect(page.get_by_role("heading", level=1, name="No Mouse")).to_be_visible()
        typed(page, "Keys", "", "Enter")
        expect(page.get_by_role("heading", name="No key yet")).to_be_visible()
        typed(page, "What the key is for", "by keyboard")
        typed(page, "Create a key", "", "Enter")
        token = page.locator("#token").inner_text()
        answer = httpx.get(f"{house.server.url}/v1/voices", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == httpx.codes.OK
        typed(page, "Webhooks", "", "Enter")
        typed(page, "Address", "http://127.0.0.1:9/hook")
        typed(page, "Add the endpoint", "", "Enter")
        expect(page.locator("#secret")).to_contain_text("whsec_")
        typed(page, "Members", "", "Enter")
        typed(page, "Email address of the account", "colleague@example.org", "Enter")
        expect(page.locator("strong", has_text="colleague@example.org")).to_be_visible()
        typed(page, "Playground", "", "Enter")
        typed(page, "Text", "", "Control+a")
        page.keyboard.type("No mouse was used.")
        typed(page, "Speak", "", "Enter")
        page.locator("#spoken audio").wait_for(timeout=SLOW)
        assert shlex.quote("No mouse was used.")[1:-1] in page.locator("#example-curl").text_content()
