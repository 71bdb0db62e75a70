"""The figures that a verdict quotes: ``safeguards/watermark/measured.json``, see ``safeguards.measured``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import safeguards.watermark
from bench.watermark.stats import resampled
from safeguards.watermark import VERSION

_FILE: Final = Path(safeguards.watermark.__file__).with_name("measured.json")
_BENCH: Final = "python -m bench.watermark --parts detection nulls --publish"
_KINDS: Final = {"unmarked": "unmarked", "marked with another key": "other_key"}


def measures(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Rates of a report with the parts ``detection`` and ``nulls``: marks missed by length, payloads misread, marks seen where none is."""
    found = []
    for seconds in sorted({row["seconds"] for row in report["detection"]}):
        rows = [row for row in report["detection"] if row["seconds"] == seconds]
        attacked = [row for row in rows if row["attack"] != "none"]
        for where, chosen in (("untouched", [row for row in rows if row["attack"] == "none"]), ("attacked", attacked)):
            n = sum(row["n"] for row in chosen)
            missed = n - sum(round(row["detected"] * row["n"]) for row in chosen)
            unread = n - sum(round(row["exact"] * row["n"]) for row in chosen)
            for what, errors, of in (("mark_missed", missed, "present"), ("payload_not_read", unread, "read")):
                found.append({"what": what, "where": where, "seconds": seconds, "errors": errors, "n": n})
                if where == "attacked":
                    low, high = resampled([[outcome[of] for outcome in row["clips"]] for row in chosen])
                    found[-1]["interval"] = [round(1 - high, 4), round(1 - low, 4)]
    trials = sum(row["n"] for row in report["detection"])
    wrong = sum(row["wrong_payload"] for row in report["detection"])
    found.append({"what": "payload_misread", "where": "attacked", "errors": wrong, "n": trials})
    found += [
        {"what": "mark_found_wrongly", "where": _KINDS[row["kind"]], "errors": row["present"], "n": row["n"]}
        for row in report["nulls"]
    ]
    return found


def publish(report: dict[str, Any]) -> Path:
    """Write the file for the version that is installed."""
    content = {"version": VERSION, "bench": _BENCH, "measures": measures(report)}
    _FILE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return _FILE
