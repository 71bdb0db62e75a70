"""``python -m bench.console [--quick] [--json OUT]``: first paint and weight of a page of every kind, in Chromium, each time with an empty cache.

The whole system runs as ``vivavoce up`` starts it; the pages are those of ``tests.browser.rooms``, 360 px wide. First paint is the browser's
``first-contentful-paint``, counted from the moment the page is asked for; shift is its layout shift; weight is what is unpacked, without audio.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

from tests.browser import household
from tests.browser.house import House
from tests.browser.rooms import ROOMS, Room

LIMIT_MS = 1000.0
_SEEN = """() => new Promise(done => {
    let shift = 0;
    new PerformanceObserver(list => { for (const e of list.getEntries()) shift += e.value; }).observe({type: "layout-shift", buffered: true});
    const kinds = kind => performance.getEntriesByType(kind);
    const loaded = [...kinds("navigation"), ...kinds("resource")].filter(e => !e.name.includes("/clips/"));
    setTimeout(() => done({
        paint_ms: kinds("paint").find(e => e.name === "first-contentful-paint")?.startTime ?? null,
        answer_ms: kinds("navigation")[0].responseEnd,
        bytes: loaded.reduce((sum, e) => sum + e.decodedBodySize, 0),
        sent: loaded.reduce((sum, e) => sum + e.encodedBodySize, 0),
        files: loaded.length,
        shift,
    }), 60);
})"""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.console", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three loads of each page instead of ten")
    parser.add_argument("--json", type=Path, help="write the figures here")
    arguments = parser.parse_args()
    loads = 3 if arguments.quick else 10
    with tempfile.TemporaryDirectory(prefix="vivavoce-bench-") as name, household.opened(Path(name)) as house:
        found = measured(house, Path(name), loads)
    worst = max(row["paint_ms_worst"] for row in found)
    print(
        f"\n{len(found)} kinds of page, {loads} loads each; slowest first paint of all {worst:.0f} ms (target {LIMIT_MS:.0f} ms)"
    )
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        report = {"loads": loads, "load_average": os.getloadavg()[0], "cores": os.cpu_count(), "pages": found}
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def measured(house: House, folder: Path, loads: int) -> list[dict[str, Any]]:
    """One row for each kind of page."""
    recording, chained = (
        household.recorded(folder / "recording.wav"),
        household.made_chained(house, folder / "clip.wav"),
    )
    with house.page("auditor") as page:
        answered = house.ask(page, "/audit/", chained)
    addresses = household.furnish(house, recording, chained, answered)
    print(f"{'page':24}{'paint, median':>15}{'worst':>8}{'answer':>8}{'kB':>7}{'sent':>7}{'files':>7}{'shift':>8}")
    return [_row(house, room, room.address.format(**addresses), loads) for room in ROOMS]


def _row(house: House, room: Room, path: str, loads: int) -> dict[str, Any]:
    seen = []
    for _ in range(loads):
        with house.page(room.who, world=room.world) as page:
            house.go(page, path)
            page.wait_for_load_state("load")
            seen.append(page.evaluate(_SEEN))
    paints = [each["paint_ms"] for each in seen]
    row = {
        "page": room.name,
        "paint_ms_median": statistics.median(paints),
        "paint_ms_worst": max(paints),
        "answer_ms_median": statistics.median(each["answer_ms"] for each in seen),
        "bytes": max(each["bytes"] for each in seen),
        "sent": max(each["sent"] for each in seen),
        "files": max(each["files"] for each in seen),
        "shift": max(each["shift"] for each in seen),
    }
    print(
        f"{room.name:24}{row['paint_ms_median']:12.0f} ms{row['paint_ms_worst']:8.0f}{row['answer_ms_median']:8.0f}"
        f"{row['bytes'] / 1000:7.0f}{row['sent'] / 1000:7.0f}{row['files']:7}{row['shift']:8.3f}",
        flush=True,
    )
    return row


if __name__ == "__main__":
    main()
