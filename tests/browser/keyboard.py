"""Going about a page without a mouse."""

from __future__ import annotations

from playwright.sync_api import Error, Page

MOST = 80  # stops of a page

_NAME = """() => {
    const here = document.activeElement;
    const words = here.getAttribute("aria-label") ?? (here.labels?.[0] ?? here).innerText ?? "";
    return words.replace(/\\s+/g, " ").trim();
}"""


def reach(page: Page, selector: str) -> None:
    """Press Tab until the focus is on what ``selector`` names first."""
    for _ in range(MOST):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement === document.querySelector(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")


def to(page: Page, name: str) -> None:
    """Press Tab until the focus is on what bears this name."""
    met: list[str] = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        try:
            met.append(page.evaluate(_NAME))
        except Error:  # the key before this one leads elsewhere just now
            page.wait_for_load_state("load")
            continue
        if met[-1] == name:
            return
    raise AssertionError(f"{name!r} is not reached by Tab; these are: {met}")


def typed(page: Page, name: str, text: str = "", key: str = "") -> None:
    """Go to what bears this name, type, and press a key."""
    to(page, name)
    page.keyboard.type(text)
    if key:
        page.keyboard.press(key)
