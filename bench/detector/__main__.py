"""``python -m bench.detector --spoofs DIR [--quick] [--json OUT]``: the committed detector and liveness nets on held-out voices.

Voices of the ``test`` part (``safeguards.detector.dataset.voice_part``). More with

- ``--families DIR`` (``safeguards.detector.train --families``) and ``--devices DIR`` (``safeguards.liveness.train --devices``): what was left
  out of training;
- ``--aasist DIR``: a peer on the same untouched clips, slow; ``--peer-store JSON`` keeps its scores;
- ``--prompts DIR``: real telephone prompts (Debian's asterisk-core-sounds-*-g722, unpacked);
- ``--cache DIR``: the statistics that training kept, which saves the seen conditions most of their time;
- ``--rows DIR``: what is presented to the gate, and kept there (:mod:`bench.detector.lengths`; without it that part is left out);
- ``--models FILE``: with the detector that an operator brings (``safeguards.installed``);
- ``--plots DIR``: DET curves and a reliability diagram;
- ``--measures``: write what others quote (``measured.json`` and its like beside the weights).
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import torch

from bench.detector import lengths, plots, presentation, replays, tables
from bench.detector.intervals import told
from bench.detector.peers import aasist
from bench.detector.scores import (
    Row,
    held_out,
    judged,
    judged_by_statistics,
    over_channels,
    prompts,
    with_peer,
)
from bench.detector.spliced import WHOLE
from safeguards import installed
from safeguards.detector.score import WEIGHTS as DETECTOR_WEIGHTS
from safeguards.detector.score import version as detector_version
from safeguards.liveness.assess import REPLAY_WEIGHTS, SPLICE_WEIGHTS

_PARTS = ("seen", "channels", "consent", "replays", "splices", "cost")
_VERDICTS = (
    "people_called_synthetic", "people_inconclusive", "machines_called_synthetic", "machines_called_bona_fide_like",
)  # fmt: skip


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Everything that was asked for."""
    chosen = held_out(arguments.speech, arguments.spoofs, arguments.quick)
    result: dict[str, Any] = {"load": os.getloadavg()[0], "clips": len(chosen)}
    if "seen" in arguments.only:
        rows = list(judged_by_statistics(chosen, arguments.cache) if arguments.cache else judged(chosen))
        if arguments.aasist:
            with_peer(rows, chosen, aasist(arguments.aasist), arguments.peer_store)
        result |= tables.seen(rows)
    if "channels" in arguments.only:
        rows = list(over_channels(chosen))
        result["channels"] = tables.channels(rows)
        if arguments.prompts:
            read = list(prompts(arguments.prompts))
            result["prompts"] = {
                voice: tables.channels([row for row in read if row["voice"] == voice])["all"]
                for voice in sorted({row["voice"] for row in read})
            } | {"all": tables.channels(read)["all"]}
    if "consent" in arguments.only and arguments.rows:
        lengths.collect(arguments.speech, "test", arguments.rows, arguments.spoofs)
        result["consent"] = lengths.tables(list(lengths.judged(lengths.kept(arguments.rows, "test"))))
    if "replays" in arguments.only:
        result["replays"] = replays.table(arguments.speech, arguments.cache)
    if "splices" in arguments.only:
        result["splices"] = replays.splice_table(arguments.speech, arguments.cache)
    if "cost" in arguments.only:
        result["cpu_seconds_of_a_consent_check"] = presentation.seconds_of_a_check(chosen[0].samples())
    if arguments.families:
        result["unseen"] = tables.unseen(_rows(arguments.families))
    if arguments.devices:
        result["devices"] = tables.devices(_rows(arguments.devices))
    return result


def _rows(folder: Path) -> list[Row]:
    return [row for path in sorted(folder.glob("*.json")) for row in json.loads(path.read_text(encoding="utf-8"))]


def report(result: dict[str, Any]) -> None:
    """Print the tables."""
    _report_seen(result)
    for title in ("channels", "prompts"):
        for name, found in result.get(title, {}).items():
            called, open_ = told(found["called_synthetic"]), told(found["inconclusive"])
            print(f"{title}, {name}: called synthetic {called}, inconclusive {open_}")
    _report_presentations(result)
    if "cpu_seconds_of_a_consent_check" in result:
        seconds = result["cpu_seconds_of_a_consent_check"]
        print(f"whole consent check of 15 s: {seconds:.2f} s of CPU, load {result['load']:.1f}")
    for condition, found in result.get("unseen", {}).items():
        print(f"left-out families, {condition}: pooled {told(found['pooled'])}, mean of folds {found['mean_of_folds']}")
        for name, fold in found["folds"].items():
            print(f"  {name}: EER {told(fold['eer'])}")
            for system, figure in fold["systems"].items():
                print(f"    {system}: {told(figure)}")
    for device, figure in result.get("devices", {}).items():
        print(f"device left out, {device}: EER {told(figure)}")


def _report_presentations(result: dict[str, Any]) -> None:
    for title, both in result.get("consent", {}).items():
        for name, found in both["people"].items():
            print(f"consent, {title}, {name}: stopped {told(found['stopped'])}, refused {told(found['refused'])}, "
                  f"called a splice {told(found['flagged_as_splice'])}")  # fmt: skip
        for name, found in both["attacks"].items():
            print(f"consent, {title}, {name}: permitted {told(found['permitted'])}, refused {told(found['refused'])}")
    for title in ("replays", "splices"):
        for name, figure in result.get(title, {}).get("eer", {}).items():
            print(f"{title}, {name}: EER {told(figure)}")
        for name, figure in result.get(title, {}).get("stopped", {}).items():
            print(f"{title}, {name}: stopped {told(figure)}, refused {told(result[title]['refused'][name])}")


def _report_seen(result: dict[str, Any]) -> None:
    for condition, found in result.get("conditions", {}).items():
        print(f"{condition}: pooled EER {told(found['eer'])}, calibration error {found['calibration_error']:.3f}")
        for name in _VERDICTS:
            print(f"  {name}: {told(found[name])}")
        for system, figure in found["systems"].items():
            print(f"  {system}: EER {told(figure)}")
    for system, both in result.get("peer", {}).items():
        print(f"against AASIST, {system}: ours {told(both['log_odds'])}, AASIST {told(both['peer'])}")


def measures(result: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """What the files beside the weights say (:mod:`safeguards.measured`), by check."""
    found: dict[str, list[dict[str, Any]]] = {"detector": [], "replay": [], "splice": []}
    for where, one in result.get("conditions", {}).items():
        found["detector"] += [
            _counted("human_called_synthetic", where, one["people_called_synthetic"]),
            _counted("machine_not_called", where, one["machines_called_synthetic"], missed=True),
            _equal("eer", where, one["eer"]),
        ]
    if "channels" in result:
        found["detector"].append(
            _counted("human_called_synthetic", "unseen_channels", result["channels"]["all"]["called_synthetic"])
        )
    found["detector"] += [
        _equal("eer", f"families_left_out_{where}", one["pooled"]) for where, one in result.get("unseen", {}).items()
    ]
    found["replay"] += [
        _equal("eer", device.replace(" ", "_"), one) for device, one in result.get("replays", {}).get("eer", {}).items()
    ]
    found["replay"] += [
        _equal("eer", f"{device.replace(' ', '_')}_left_out", one) for device, one in result.get("devices", {}).items()
    ]
    if "consent" in result:
        piece, consent, phrase = (result["consent"][title] for title in lengths.LENGTHS)
        cut = [one["flagged_as_splice"] for one in phrase["attacks"].values()]
        either = {name: sum(one[name] for one in cut) for name in ("errors", "n")}
        for seconds, people in ((4.0, piece["people"]), (8.0, consent["people"])):
            stopped = people["captured live"]["flagged_as_replay"]
            found["replay"].append(_counted("live_stopped", "any", stopped) | {"seconds": seconds})
        found["splice"] += [
            _counted("splice_missed", "any", either, missed=True),
            _counted("whole_flagged", "any", piece["people"]["as kept"]["flagged_as_splice"]) | {"seconds": 4.0},
            _counted("whole_flagged", "any", phrase["people"][WHOLE]["flagged_as_splice"]) | {"seconds": 8.0},
        ]
    return found


def _counted(what: str, where: str, share: dict[str, Any], *, missed: bool = False) -> dict[str, Any]:
    errors = share["n"] - share["errors"] if missed else share["errors"]
    return {"what": what, "where": where, "errors": errors, "n": share["n"]}


def _equal(what: str, where: str, found: dict[str, Any]) -> dict[str, Any]:
    return {"what": what, "where": where, "rate": round(found["rate"], 4), "n": min(found["n"])}


def write_measures(result: dict[str, Any], brought: Path | None = None) -> None:
    """Write those files that there is something to say in, each for the version that is installed.

    Args:
        result: all figures.
        brought: folder of a detector that was brought; nothing else is written then.
    """
    for check, rows in measures(result).items():
        if not rows or (brought is not None and check != "detector"):
            continue
        if brought is not None:
            _write(brought / "measured.json", detector_version(), rows)
            continue
        card = DETECTOR_WEIGHTS if check == "detector" else REPLAY_WEIGHTS if check == "replay" else SPLICE_WEIGHTS
        version = json.loads(card.with_suffix(".json").read_text(encoding="utf-8"))["version"]
        name = "measured.json" if check == "detector" else f"measured_{check}.json"
        _write(card.with_name(name), version, rows)


def _write(path: Path, version: str, rows: list[dict[str, Any]]) -> None:
    """Rows of this run, and those of an earlier run on the same version that this one did not make again."""
    again = {(row["what"], row["where"], row.get("seconds")) for row in rows}
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"version": None, "measures": []}
    kept = [row for row in known["measures"] if (row["what"], row["where"], row.get("seconds")) not in again]
    content = {
        "version": version,
        "bench": "python -m bench.detector",
        "measures": [*(kept if known["version"] == version else []), *rows],
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Measure, print, write JSON and plots."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="every fifth clip")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--spoofs", type=Path)
    parser.add_argument("--only", nargs="*", choices=_PARTS, default=list(_PARTS))
    for name in ("models", "cache", "families", "devices", "aasist", "peer-store", "prompts", "plots", "rows"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--measures", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    folder = None
    if arguments.models:
        models = installed.read(arguments.models)
        installed.register(models)
        folder = models.detector.folder if models.detector is not None else None
        arguments.cache = None  # the statistics there are of no use to another detector
    result = measure(arguments)
    report(result)
    if arguments.plots and "det" in result:
        plots.draw(result, arguments.plots)
    if arguments.measures:
        write_measures(result, folder)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
