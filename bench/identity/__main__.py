"""``python -m bench.identity``: phrase and speaker checks on held-out speakers.

- ``--only phrase`` or ``--only speaker``: half of it;
- ``--store DIR``: keep what takes long, so that a run can be taken up again;
- ``--plots DIR``: DET curves of the speaker check;
- ``--models FILE``: with the speaker encoder that an operator brings (``safeguards.installed``);
- ``--measures``: write what others quote (``measured.json``, ``measured_consistency.json``) for the installed versions, or with ``--models``
  into the folder of what was brought.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from bench.identity.measure_phrase import measure_phrase
from bench.identity.measure_speaker import measure_speaker
from bench.identity.plots import draw
from safeguards import installed
from safeguards.challenge.thresholds import FILE as PHRASE_FILE
from safeguards.challenge.thresholds import thresholds
from safeguards.speaker.calibration import FILE as SPEAKER_FILE
from safeguards.speaker.calibration import calibration

_PHRASE_PLACES = {"clean": "clean", "pink 15 dB": "noise_15", "telephone": "telephone"}
_SPEAKER_PLACES = {"clean": "clean", "pink 15 dB": "noise_15", "telephone": "telephone"}
_QUOTED_SECONDS = (2.0, 5.0)


def _shown(figure: dict[str, Any]) -> str:
    if figure["rate"] is None:
        return "n 0"
    return f"{100 * figure['rate']:.2f} % [{100 * figure['low']:.2f}, {100 * figure['high']:.2f}] n {figure['n']}"


def report(result: dict[str, Any]) -> None:
    """Print the tables."""
    for condition, figures in result.get("phrase", {}).get("conditions", {}).items():
        print(f"phrase, {condition}: true within three tries {_shown(figures['true_within_three_tries'])}")
        for kind, figure in figures["accepted"].items():
            print(f"  {kind:10s} accepted {_shown(figure)}")
        print(f"  any change accepted {_shown(figures['changed_accepted'])}")
    speaker = result.get("speaker", {"trials": []})
    for trial in speaker["trials"]:
        print(
            f"speaker {trial['seconds']:.0f} s, {trial['condition']}: EER {_shown(trial['eer'])}; "
            f"FRR at FAR 1e-3 {_shown(trial['frr_at_far_1e-3'])}; "
            f"at the stored threshold FRR {_shown(trial['frr_at_stored_threshold'])}, "
            f"FAR {_shown(trial['far_at_stored_threshold'])}"
        )
    for name, figure in speaker.get("consistency", {}).items():
        print(f"one speaker throughout, {name}: {_shown(figure)}")


def measures(result: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """What the files beside thresholds and calibration say (:mod:`safeguards.measured`), by check."""
    found: dict[str, list[dict[str, Any]]] = {}
    if "phrase" in result:
        found["challenge"] = []
        for condition, figures in result["phrase"]["conditions"].items():
            where, accepted = _PHRASE_PLACES[condition], figures["accepted"]
            tries = figures["true_within_three_tries"]
            true, extra = accepted["true"], accepted["extra"]
            found["challenge"] += [
                {"what": "true_refused", "where": where, "errors": true["n"] - true["errors"], "n": true["n"]},
                {"what": "three_refused", "where": where, "errors": tries["n"] - tries["errors"], "n": tries["n"]},
                _counted("changed_accepted", where, figures["changed_accepted"]),
                _counted("extra_accepted", where, extra),
            ]
    if "speaker" in result:
        found["speaker"] = [
            _counted("same_refused", f"s{trial['seconds']:.0f}_{_SPEAKER_PLACES[trial['condition']]}", trial["frr_at_far_1e-3"])
            for trial in result["speaker"]["trials"]
            if trial["condition"] in _SPEAKER_PLACES and trial["seconds"] in _QUOTED_SECONDS
        ]  # fmt: skip
        one = result["speaker"]["consistency"]
        two = one["two_people_below_-2"]
        found["consistency"] = [
            {"what": "two_speakers_missed", "where": "any", "errors": two["n"] - two["errors"], "n": two["n"]},
            _counted("one_speaker_flagged", "any", one["one_person_below_-2"]),
        ]
    return found


def _counted(what: str, where: str, share: dict[str, Any]) -> dict[str, Any]:
    return {"what": what, "where": where, "errors": share["errors"], "n": share["n"]}


def write_measures(result: dict[str, Any], speaker_folder: Path | None = None) -> None:
    """Write those files, each for the version that was measured.

    Args:
        result: all figures.
        speaker_folder: of an encoder that was brought; ours if None.
    """
    beside = speaker_folder or SPEAKER_FILE.parent
    places = {
        "challenge": (PHRASE_FILE.with_name("measured.json"), thresholds().version),
        "speaker": (beside / "measured.json", calibration().version),
        "consistency": (beside / "measured_consistency.json", calibration().version),
    }
    for check, rows in measures(result).items():
        path, version = places[check]
        content = {"version": version, "bench": "python -m bench.identity", "measures": rows}
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Measure, print, write JSON, plots and what is quoted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--only", nargs="*", choices=("phrase", "speaker"), default=["phrase", "speaker"])
    for name in ("json", "store", "plots", "models"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--measures", action="store_true")
    arguments = parser.parse_args()
    folder = None
    if arguments.models:
        models = installed.read(arguments.models)
        installed.register(models)
        folder = models.speaker.folder if models.speaker is not None else None
    result: dict[str, Any] = {}
    if "phrase" in arguments.only:
        result["phrase"] = measure_phrase(arguments.speech, arguments.quick, arguments.store)
    if "speaker" in arguments.only:
        result["speaker"] = measure_speaker(arguments.speech, arguments.quick)
    report(result)
    if arguments.plots and "speaker" in result:
        draw(result["speaker"], arguments.plots)
    if arguments.measures:
        write_measures(result, folder)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
