"""``python -m bench.detector --spoofs DIR [--quick] [--json OUT]``: the committed detector and liveness nets on held-out voices.

Voices of the ``test`` part (``safeguards.detector.dataset.voice_part``). More with

- ``--families JSON`` (``safeguards.detector.train --families``) and ``--devices JSON`` (``safeguards.liveness.train --devices``): what was left
  out of training;
- ``--aasist DIR``: a peer on the same untouched clips, slow; ``--peer-store JSON`` keeps its scores;
- ``--prompts DIR``: real telephone prompts (Debian's asterisk-core-sounds-*-g722, unpacked);
- ``--plots DIR``: DET curves and a reliability diagram;
- ``--rates``: write the figures that ``/v1/detect`` quotes into the detector's card.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import torch

from bench.detector import plots, presentation, tables
from bench.detector.intervals import told
from bench.detector.peers import aasist
from bench.detector.scores import for_peer, held_out, judged, over_channels, prompts, with_peer
from safeguards.detector.score import WEIGHTS

_PARTS = ("seen", "channels", "consent", "cost")
_VERDICTS = (
    "people_called_synthetic", "people_inconclusive", "machines_called_synthetic", "machines_called_bona_fide_like",
)  # fmt: skip


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Everything that was asked for."""
    chosen = held_out(arguments.speech, arguments.spoofs, arguments.quick)
    result: dict[str, Any] = {"load": os.getloadavg()[0], "clips": len(chosen)}
    if "seen" in arguments.only:
        rows = list(judged(chosen))
        if arguments.aasist:
            with_peer(rows, for_peer(chosen), aasist(arguments.aasist), arguments.peer_store)
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
    if "consent" in arguments.only:
        result["consent"] = {
            "synthetic": presentation.table(list(presentation.synthetic(chosen))),
            "genuine": presentation.table(list(presentation.genuine(chosen))),
            "replay": presentation.table(list(presentation.played(chosen))),
            "splice": presentation.table(list(presentation.joined(chosen))),
        }
    if "cost" in arguments.only:
        result["cpu_seconds_of_a_consent_check"] = presentation.seconds_of_a_check(chosen[0].samples())
    if arguments.families:
        result["unseen"] = tables.unseen(json.loads(arguments.families.read_text(encoding="utf-8")))
    if arguments.devices:
        result["devices"] = tables.devices(json.loads(arguments.devices.read_text(encoding="utf-8")))
    return result


def report(result: dict[str, Any]) -> None:
    """Print the tables."""
    _report_seen(result)
    for title in ("channels", "prompts"):
        for name, found in result.get(title, {}).items():
            called, open_ = told(found["called_synthetic"]), told(found["inconclusive"])
            print(f"{title}, {name}: called synthetic {called}, inconclusive {open_}")
    for title, species in result.get("consent", {}).items():
        for name, found in species.items():
            print(f"consent, {title}, {name}: permitted {told(found['permitted'])}, refused {told(found['refused'])}")
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


def _report_seen(result: dict[str, Any]) -> None:
    for condition, found in result.get("conditions", {}).items():
        print(f"{condition}: pooled EER {told(found['eer'])}, calibration error {found['calibration_error']:.3f}")
        for name in _VERDICTS:
            print(f"  {name}: {told(found[name])}")
        for system, figure in found["systems"].items():
            print(f"  {system}: EER {told(figure)}")
    for system, both in result.get("peer", {}).items():
        print(f"against AASIST, {system}: ours {told(both['log_odds'])}, AASIST {told(both['peer'])}")


def write_rates(result: dict[str, Any]) -> None:
    """Put what outsiders are told into the detector's card."""
    path = WEIGHTS.with_suffix(".json")
    card = json.loads(path.read_text(encoding="utf-8"))
    untouched, travelled = (result["conditions"][name] for name in ("untouched", "journey"))
    card["rates"] = {
        "eer_untouched": untouched["eer"]["rate"],
        "eer_after_a_journey": travelled["eer"]["rate"],
        "people_called_synthetic": result["channels"]["all"]["called_synthetic"]["rate"],
        "machines_called_bona_fide_like": untouched["machines_called_bona_fide_like"]["rate"],
        "eer_families_never_met": result["unseen"]["untouched"]["pooled"]["rate"],
    }
    card["rates"] = {name: round(value, 4) for name, value in card["rates"].items()}
    path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Measure, print, write JSON and plots."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="every fifth clip")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--spoofs", type=Path)
    parser.add_argument("--only", nargs="*", choices=_PARTS, default=list(_PARTS))
    for name in ("families", "devices", "aasist", "peer-store", "prompts", "plots"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--rates", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    result = measure(arguments)
    report(result)
    if arguments.plots and "det" in result:
        plots.draw(result, arguments.plots)
    if arguments.rates:
        write_rates(result)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
