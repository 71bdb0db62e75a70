"""An auditor's way: a clip in, verdict, drawings, chain and papers out; every proof checked in the page, and every lie found out there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from audiokit import Audio, read, write
from safeguards.audit import document, merkle
from safeguards.audit.checkpoint import Head, sign
from safeguards.audit.note import NoteKey, parse_keys
from safeguards.crypto.keys import SigningKey
from tests.browser.house import SLOW, House
from tests.browser.keyboard import reach


def checked(page: Page) -> list[str]:
    """What the page's own checks said."""
    page.locator("[data-done]").first.wait_for(timeout=SLOW)
    return page.locator("[data-proof] .steps li").all_inner_texts()


def as_user(house: House, page: Page, path: str) -> str:
    """A file as the signed-in person would download it."""
    return page.request.get(f"{house.server.url}{path}").text()


def test_a_clip_leads_to_its_consent_with_proofs_checked_in_the_page(house: House, answered: str) -> None:
    with house.page("auditor") as page:
        house.go(page, answered)
        steps = checked(page)
        assert len(steps) == 5
        assert all(step.startswith("holds") for step in steps), steps
        expect(page.locator(".verdict").get_by_text("made here", exact=True)).to_be_visible()
        expect(page.locator(".verdict").get_by_text("Wrongly says “found” of other sound")).to_have_count(4)
        chain = page.locator("ol.chain")
        for title in ("Clip", "Request", "Voice", "Grant", "Consent"):
            expect(chain.get_by_role("heading", name=title)).to_be_visible()
        assert re.search(r"con_\w+", chain.inner_text())
        assert chain.locator("a.entry.unproven").count() == 0
        assert chain.locator("a.entry.proven").count() == chain.locator("a.entry").count() >= 12
        house.see(page, "audit-clip")


def test_the_clip_is_drawn_and_the_drawing_has_words_and_numbers(house: House, answered: str) -> None:
    with house.page("auditor", wide=True) as page:
        house.go(page, answered)
        expect(page.get_by_role("img", name="Waveform")).to_be_visible()
        expect(page.get_by_role("img", name="Spectrogram")).to_be_visible()
        assert page.evaluate("document.querySelector('svg image').getBoundingClientRect().width") > 300
        assert page.locator(".wave .span-watermark").count() >= 1
        curve = page.get_by_role("img", name="Probability of machine-made speech along the clip")
        expect(curve).to_be_visible()
        expect(page.get_by_text("never means that a human spoke")).to_be_visible()
        page.get_by_text("The numbers").click()
        assert page.locator("details table tbody tr").count() == page.locator("svg.curve circle").count() >= 1
        house.see(page, "audit-clip")


def test_the_papers_hold_without_us_and_one_changed_byte_is_found(house: House, answered: str, tmp_path: Path) -> None:
    with house.page("auditor") as page:
        house.go(page, answered)
        checked(page)
        for link in ("Signed report (PDF)", "Signed report (JSON)", "Log entries with proofs", "The log’s keys"):
            with page.expect_download() as waiting:
                page.get_by_role("link", name=link).click()
            waiting.value.save_as(tmp_path / waiting.value.suggested_filename)
        lines = page.get_by_label("Commands").inner_text()
    said = outside(lines, tmp_path)
    assert said.returncode == 0, said
    assert said.stdout.count("VALID") == 2
    assert "verdict: generated_here" in said.stdout
    paper = next(tmp_path.glob("report-*.pdf"))
    assert (
        document.check(paper.read_bytes(), parse_keys((tmp_path / "log.vkey").read_text()))["kind"]
        == document.PDF_REPORT
    )
    paper.write_bytes(paper.read_bytes().replace(b"/Author (Vivavoce)", b"/Author (Somebody)"))
    changed = outside(lines, tmp_path)
    assert changed.returncode == 1
    assert "NOT VALID" in changed.stdout


def outside(lines: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The lines that the page shows, run in a folder with what was downloaded."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    return subprocess.run(
        ["bash", "-e"], input=lines, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def answer_with(text: str) -> object:
    def fulfil(route: Route) -> None:
        route.fulfill(status=200, body=text, content_type="application/json")

    return fulfil


def test_a_server_that_lies_about_the_chain_is_found_out_in_the_page(house: House, answered: str) -> None:
    with house.page("auditor") as page:
        bundle = json.loads(as_user(house, page, f"{answered}proofs/"))
        without = bundle | {"entries": bundle["entries"][1:]}
        page.route("**/proofs/", answer_with(json.dumps(without)))  # type: ignore[arg-type]
        house.go(page, answered)
        steps = checked(page)
        assert steps[-1].startswith("does not hold")
        assert "not in the bundle" in steps[-1]
        assert page.locator("a.entry.unproven").count() >= 1
        house.see(page, "audit-lie")


def test_a_report_that_says_something_else_than_the_page_is_found_out(house: House, answered: str) -> None:
    with house.page("auditor") as page:

        def alter(route: Route) -> None:
            original = route.fetch()
            body = original.text().replace("generated_here", "not_detected")
            route.fulfill(response=original, body=body)

        page.route("**/signed/", alter)
        house.go(page, answered)
        assert any(step.startswith("does not hold") and "report’s signature" in step for step in checked(page))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("none", "holds"),
        ("leaf", "was changed"),
        ("proof", "is not proven"),
        ("size", "is not proven"),
        ("signature", "does not fit"),
        ("text", "not a bundle"),
    ],
)
def test_a_bundle_is_checked_in_the_browser_of_anybody(house: House, answered: str, change: str, said: str) -> None:
    with house.page("auditor") as signed_in:
        text = as_user(house, signed_in, f"{answered}proofs/")
    with house.page() as page:
        house.go(page, "/proofs/")
        uploads: list[str] = []
        page.on("request", lambda request: uploads.append(request.url) if request.method == "POST" else None)
        page.get_by_label("Bundle: drop it here").set_input_files(
            {"name": "bundle.json", "mimeType": "application/json", "buffer": tampered(text, change).encode()}
        )
        page.get_by_role("button", name="Check", exact=True).click()
        steps = checked(page)
        assert any(said in step for step in steps), steps
        assert (change == "none") == (not any(step.startswith("does not hold") for step in steps))
        assert uploads == []
        house.see(page, f"bundle-{change}" if change in {"none", "leaf"} else "")


def tampered(text: str, change: str) -> str:
    """A bundle with one thing changed, as a forger would: what follows from it is made to fit where that needs no key."""
    bundle = json.loads(text)
    entry = bundle["entries"][0]
    note = bundle["checkpoints"][0]
    if change == "leaf":
        entry["leaf"] = entry["leaf"].replace('"world":"live"', '"world":"sandbox"')
    if change == "proof":  # the leaf's hash fits again, the tree does not
        entry["leaf"] = entry["leaf"].replace('"world":"live"', '"world":"sandbox"')
        entry["hash"] = merkle.leaf_hash(entry["leaf"].encode()).hex()
    if change == "size":
        size = bundle["size"]
        bundle["checkpoints"] = [note.replace(f"\n{size}\n", f"\n{size * 2}\n", 1)]
    if change == "signature":
        name, _, line = note.rstrip("\n").rpartition(" ")
        bundle["checkpoints"] = [f"{name} {line[:20]}{'A' if line[20] != 'A' else 'B'}{line[21:]}\n"]
    if change == "text":
        return text[: len(text) // 2]
    return json.dumps(bundle)


def test_a_whole_log_is_checked_in_the_browser_and_a_foreign_key_is_not_believed(house: House, tmp_path: Path) -> None:
    file = tmp_path / "log.json"
    house.server.command("log", "export", "--out", str(file))
    stranger = NoteKey("vivavoce.local/log", SigningKey.generate().verify_key)
    with house.page() as page:
        house.go(page, "/proofs/")
        page.get_by_label("Bundle: drop it here").set_input_files(file)
        page.get_by_role("button", name="Check", exact=True).click()
        steps = checked(page)
        assert "entries were hashed here" in steps[0]
        assert steps[1].startswith("holds The checkpoint is signed")
        page.get_by_label("The log’s keys").fill(str(stranger))
        page.get_by_role("button", name="Check", exact=True).click()
        expect(page.get_by_text("None of the given keys signed the checkpoint.")).to_be_visible()


def test_the_pages_arithmetic_is_that_of_the_verifier_for_every_small_tree(house: House) -> None:
    leaves = [merkle.leaf_hash(str(number).encode()) for number in range(14)]

    def root(part: list[bytes]) -> bytes:
        frontier = merkle.Frontier()
        for leaf in part:
            frontier.append(leaf)
        return frontier.root()

    def path(ranges: list[merkle.Range]) -> list[str]:
        return [root(leaves[lo:hi]).hex() for lo, hi in ranges]

    sizes = range(1, len(leaves) + 1)
    inclusion = [
        [index, size, leaves[index].hex(), path(merkle.inclusion_ranges(index, size)), root(leaves[:size]).hex()]
        for size in sizes
        for index in range(size)
    ]
    consistency = [
        [old, size, path(merkle.consistency_ranges(old, size)), root(leaves[:old]).hex(), root(leaves[:size]).hex()]
        for size in sizes
        for old in range(size + 1)
    ]
    key = SigningKey.from_bytes(bytes(32))
    note = sign(Head("log.test/a", 14, root(leaves)), [key]).note.to_bytes().decode()
    with house.page() as page:
        house.go(page, "/proofs/")
        found = page.evaluate(
            """async ([inclusion, consistency, note, vkey]) => {
                const m = await import("/static/web/proofs.js");
                const bytes = (list) => list.map(m.fromHex);
                const bent = (list) => { const out = bytes(list); if (out.length) out[0][5] ^= 1; return out; };
                const fails = async (work) => { try { await work(); return false; } catch { return true; } };
                let right = 0, missed = 0;
                for (const [index, size, leaf, proof, root] of inclusion) {
                    await m.verifyInclusion(index, size, m.fromHex(leaf), bytes(proof), m.fromHex(root));
                    right += 1;
                    if (proof.length && !await fails(() => m.verifyInclusion(index, size, m.fromHex(leaf), bent(proof), m.fromHex(root)))) missed += 1;
                    if (!await fails(() => m.verifyInclusion(index, size, m.fromHex(leaf), bytes([...proof, root]), m.fromHex(root)))) missed += 1;
                }
                for (const [old, size, proof, first, second] of consistency) {
                    await m.verifyConsistency(old, size, bytes(proof), m.fromHex(first), m.fromHex(second));
                    right += 1;
                    if (proof.length && !await fails(() => m.verifyConsistency(old, size, bent(proof), m.fromHex(first), m.fromHex(second)))) missed += 1;
                }
                const signer = await m.verifyCheckpoint(m.parseCheckpoint(note), await m.parseKeys(vkey));
                const forged = await fails(async () => m.verifyCheckpoint(m.parseCheckpoint(note.replace("\\n14\\n", "\\n13\\n")), await m.parseKeys(vkey)));
                return [right, missed, signer?.id, forged];
            }""",
            [inclusion, consistency, note, str(NoteKey("log.test/a", key.verify_key))],
        )
    assert found == [len(inclusion) + len(consistency), 0, key.verify_key.key_id("log.test/a").hex(), True]


@pytest.fixture(scope="module")
def long_log(house: House, answered: str) -> None:
    """More entries than a page of the log holds, whatever ran before."""
    with house.as_client("auditor") as client:
        profile = client.post("/v1/owners", {"name": "Alex Example", "language": "en"})
        for number in range(12):
            client.post("/v1/voices", {"owner_id": profile["id"], "label": f"Voice {number}"})


@pytest.mark.usefixtures("long_log")
def test_the_log_is_read_page_by_page_and_entries_prove_their_place(house: House) -> None:
    with house.page("auditor") as page:
        house.go(page, "/log/")
        assert page.locator("ol.entries li").count() == 50
        house.see(page, "log")
        page.get_by_role("link", name="Older").click()
        page.get_by_role("link", name="Newer").click()
        page.get_by_label("Event").select_option("consent_activated")
        page.get_by_role("button", name="Show", exact=True).click()
        page.locator("ol.entries a.index").last.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Entry")
        steps = checked(page)
        assert all(step.startswith("holds") for step in steps), steps
        house.see(page, "log-entry")
        page.get_by_role("link", name="All about it").click()
        assert page.locator("ol.entries li").count() >= 4


def test_two_checkpoints_are_compared_and_a_false_proof_is_found_out(house: House, answered: str) -> None:
    with house.page("auditor") as page:
        house.go(page, "/log/checkpoints/")
        page.get_by_role("button", name="Compare").click()
        steps = checked(page)
        assert steps[0].startswith("holds The log of size")
        house.see(page, "checkpoints")

        def bend(route: Route) -> None:
            original = route.fetch()
            proof = original.json()
            proof["proof"][0] = "00" * 32
            route.fulfill(response=original, body=json.dumps(proof))

        page.route("**/proof/consistency*", bend)
        page.get_by_role("button", name="Compare").click()
        expect(page.locator(".steps li").first).to_contain_text("does not hold")


def test_other_formats_lead_to_the_same_clip_by_the_sound_alone(house: House, chained: bytes) -> None:
    sound = read(chained, max_seconds=60, max_bytes=2**25)
    with house.page("auditor") as page:
        house.ask(page, "/audit/", write(sound, "opus"), "clip.ogg")
        expect(page.locator(".verdict").get_by_text("made here", exact=True)).to_be_visible()
        expect(page.locator("ol.chain").get_by_role("heading", name="Consent")).to_be_visible()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"#EXTM3U\nhttp://127.0.0.1/\n" * 20, "not a sound format"),
        (write(Audio.mono(np.zeros(8000 * 601), 8000), "flac"), "longer than ten minutes"),
    ],
)
def test_what_cannot_be_judged_is_said_in_words(house: House, data: bytes, said: str) -> None:
    with house.page("auditor") as page:
        house.ask(page, "/audit/", data, "../../etc/passwd.wav")
        expect(page.locator(".verdict .problem")).to_contain_text(said)
        house.see(page)


def test_an_auditor_needs_no_mouse(house: House, chained: bytes) -> None:
    with house.page("auditor") as page:
        house.go(page, "/audit/")
        choose(page, chained)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.locator(".audit").wait_for(timeout=SLOW)
        checked(page)
        reach(page, "ol.chain a.entry")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Entry")


def choose(page: Page, data: bytes) -> None:
    """Open the file chooser with the keyboard and take the clip."""
    page.bring_to_front()
    reach(page, "#file")
    for key in ("Enter", "Space", "Enter"):  # a page that was not in front yet swallows the first one
        try:
            with page.expect_file_chooser(timeout=8_000) as chooser:
                page.keyboard.press(key)
        except PlaywrightTimeout:
            continue
        chooser.value.set_files({"name": "clip.wav", "mimeType": "audio/wav", "buffer": data})
        return
    raise AssertionError("no key opens the file chooser")


@pytest.mark.parametrize(("language", "holds"), [("de", "hält"), ("zh-CN", "成立")])
def test_proofs_and_papers_in_german_and_mandarin(house: House, answered: str, language: str, holds: str) -> None:
    with house.page("auditor", language=language) as page:
        house.go(page, answered)
        assert all(step.startswith(holds) for step in checked(page))
        with page.expect_download() as waiting:
            page.locator("a[href$='report.pdf']").click()
        assert waiting.value.path().read_bytes().startswith(b"%PDF-")


def test_nobody_else_finds_these_pages(house: House, answered: str) -> None:
    with house.page("developer", wide=True) as page:
        assert page.get_by_role("link", name="Audit").count() == 0
        for path in (answered, f"{answered}report.pdf", "/audit/", "/log/", "/log/entries/0/", "/log/checkpoints/"):
            assert page.request.get(f"{house.server.url}{path}").status == 404
