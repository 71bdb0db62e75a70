"""What holds for a page of every kind: narrow and wide, light and dark, in three languages, by keyboard, small, quiet, and still while it loads."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.house import DESK, PHONE, PICTURES, House
from tests.browser.rooms import ROOMS, Room

LANGUAGES = {"de": "de", "zh-hans": "zh-Hans"}  # as chosen, as written into the page
HEAVIEST = 300_000  # bytes of a page and all it loads, before any compression, without audio
SHIFT = 0.1  # cumulative layout shift that counts as good

_LOADED = "() => ['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind)).map(e => [e.name, e.decodedBodySize])"
_SHIFTED = """() => new Promise(done => {
    let sum = 0;
    const count = list => { for (const e of list.getEntries()) if (!e.hadRecentInput) sum += e.value; };
    new PerformanceObserver(count).observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(sum), 50);
})"""
# Everything that a click would work on and that can be seen; radio buttons count as one.
_WITHIN_REACH = """() => {
    const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, audio[controls], [tabindex='0']")];
    window.waiting = new Set(all.filter(e => !e.disabled && e.checkVisibility() && e.getClientRects().length));
    window.unlit = [];
    document.addEventListener("focusin", ({ target }) => {
        window.waiting.delete(target);
        const look = getComputedStyle(target);
        if (target.id !== "main" && target.localName !== "audio" && look.outlineStyle === "none") window.unlit.push(target.outerHTML.slice(0, 90));
    });
    document.activeElement.blur();
    return window.waiting.size;
}"""
_OUT_OF_REACH = "() => [[...window.waiting].map(e => e.outerHTML.slice(0, 90)), window.unlit]"


def told(page: Page) -> tuple[str, str, int]:
    """What programs that read the page aloud, index it or fit it to a screen go by."""
    return page.evaluate(
        """() => [document.documentElement.lang, document.querySelector("meta[name=viewport]").content,
                  document.querySelectorAll("h1").length]"""
    )


def by_keyboard(page: Page) -> None:
    """Tab reaches all that can be clicked, and what has the focus shows it."""
    there = page.evaluate(_WITHIN_REACH)
    for _ in range(there + 3):
        page.keyboard.press("Tab")
    for _ in range(60):  # the parts of an audio player are stops of their own
        if not page.evaluate("window.waiting.size"):
            break
        page.keyboard.press("Tab")
    assert page.evaluate(_OUT_OF_REACH) == [[], []], page.url


@pytest.mark.parametrize("room", ROOMS, ids=[room.name for room in ROOMS])
def test_a_page_of_every_kind(house: House, furnished: dict[str, str], room: Room) -> None:
    with house.page(room.who, world=room.world) as page:
        house.go(page, room.address.format(**furnished))
        page.wait_for_load_state("load")
        house.see(page, f"rooms/{room.name}-en-light")
        assert told(page) == ["en", "width=device-width, initial-scale=1", 1]
        assert page.title().endswith("Vivavoce")
        assert not page.title().startswith((" ", "·"))
        assert page.evaluate(_SHIFTED) < SHIFT
        loaded = [size for name, size in page.evaluate(_LOADED) if "/clips/" not in name]
        assert 2_000 < sum(loaded) < HEAVIEST
        by_keyboard(page)

        page.emulate_media(color_scheme="dark")
        house.see(page, f"rooms/{room.name}-en-dark", rules=["color-contrast"])
        page.set_viewport_size(DESK)
        house.see(page, f"rooms/{room.name}-en-dark", rules=["color-contrast"])
        page.set_viewport_size(PHONE)
        page.emulate_media(color_scheme="light")
        for code, written in LANGUAGES.items():
            page.context.add_cookies([{"name": "django_language", "value": code, "url": house.server.url}])
            page.reload()
            house.see(page, f"rooms/{room.name}-{code}-light", rules=["document-title", "label", "button-name"])
            assert told(page)[0].lower() == written.lower()
            if PICTURES:
                page.set_viewport_size(DESK)
                house.see(page, f"rooms/{room.name}-{code}-light", rules=["color-contrast"])
                page.set_viewport_size(PHONE)
