"""New secrets on the command line, handed over in the console: the log changes its key under both, data keys move, old marks are still read."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import expect

from safeguards.audit.note import parse_keys
from safeguards.audit.verify import verify_bundle
from tests.browser.house import PASSWORD, House, until
from vivavoce.demo.server import running

MOVED = "fetch('/operation/keys/').then(answer => answer.text()).then(text => !text.includes('Move them to the current key'))"


def test_keys_are_renewed_and_handed_over(house: House, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running(home) as server:
        password = tmp_path / "password"
        password.write_text(PASSWORD)
        server.command("user", "create", "operator@example.org", "--operator", "--password-file", str(password))
        server.command("log", "checkpoint")
        old = (home / "secrets" / "log-signing").read_text()
        for name in ("log-signing", "kek", "watermark"):
            assert "a new secret stands first" in server.command("secrets", "renew", name).stdout
        assert (home / "secrets" / "log-signing").read_text().endswith("," + old)
    with running(home) as server, replace(house, server=server, sessions={}).page("operator") as page:
        page.goto(f"{server.url}/v1/log/keys")
        before = page.locator("body").inner_text()
        page.goto(f"{server.url}/operation/keys/")
        page.get_by_role("button", name="Hand over now").click()
        expect(page.get_by_text("The new key signs from checkpoint")).to_be_visible()
        house.see(page, "keys-handed-over")
        page.get_by_role("button", name="Move them to the current key").click()
        expect(page.get_by_text("A worker moves the data keys now.")).to_be_visible()
        until(page, MOVED)
        page.reload()
        expect(page.get_by_text("wraps new keys")).to_be_visible()
        expect(page.locator("main button")).to_have_count(0)
        log = home / "log.json"
        server.command("log", "export", "--out", str(log))
        known = parse_keys(before)[:1]
        assert verify_bundle(io.StringIO(log.read_text()), keys=known).ok, (
            "who knows the old key alone follows the change"
        )
