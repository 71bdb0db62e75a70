"""The figures that a verdict quotes: ``safeguards/fingerprint/measured.json``, see ``safeguards.measured``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import safeguards.fingerprint
from bench.watermark.stats import resampled
from safeguards.fingerprint import VERSION

_FILE: Final = Path(safeguards.fingerprint.__file__).with_name("measured.json")
_BENCH: Final = "python -m bench.fingerprint --parts identification false_matches --publish"


def measures(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Rates of a report with those parts. ``verify`` says *found* of a believed match, so a copy that is not believed is missed."""
    found = []
    for table in report["identification"]:
        for where in ("untouched", "attacked"):
            outcomes = [r["believed"] for r in table["rows"] if (r["attack"] == "none") == (where == "untouched")]
            n = sum(len(row) for row in outcomes)
            missed = n - sum(sum(row) for row in outcomes)
            found.append(
                {"what": "print_missed", "where": where, "seconds": table["seconds"], "errors": missed, "n": n}
            )
            if where == "attacked":
                # An attack that left one clip too short is no column of the others' clips.
                low, high = resampled([row for row in outcomes if len(row) == table["clips"]])
                found[-1]["interval"] = [round(1 - high, 4), round(1 - low, 4)]
    null = report["false_matches"]["index"]
    found.append({"what": "print_found_wrongly", "where": "other_sentence", "errors": null["believed"], "n": null["n"]})
    found += [
        {
            "what": "print_found_wrongly",
            "where": "same_sentence_other_speaker",
            "errors": row["same_recording"],
            "n": row["n"],
        }
        for row in report["false_matches"]["hard"]
        if row["pairs"] == "another speaker" and row["split"] == "test"
    ]
    return found


def publish(report: dict[str, Any]) -> Path:
    """Write the file for the version that is installed."""
    content = {"version": VERSION, "bench": _BENCH, "measures": measures(report)}
    _FILE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return _FILE
