"""``python -m bench.identity [--quick] [--json OUT] [--speech DIR]``: phrase and speaker checks on held-out speakers."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from bench.identity.measure_phrase import measure_phrase
from bench.identity.measure_speaker import measure_speaker


def _shown(figure: dict[str, Any]) -> str:
    if figure["rate"] is None:
        return "n 0"
    return f"{100 * figure['rate']:.2f} % [{100 * figure['low']:.2f}, {100 * figure['high']:.2f}] n {figure['n']}"


def main() -> None:
    """Measure, print, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    arguments = parser.parse_args()
    phrase = measure_phrase(arguments.speech, arguments.quick)
    for condition, figures in phrase["conditions"].items():
        print(f"phrase, {condition}: true within three tries {_shown(figures['true_within_three_tries'])}")
        for kind, figure in figures["accepted"].items():
            print(f"  {kind:10s} accepted {_shown(figure)}")
    speaker = measure_speaker(arguments.speech, arguments.quick)
    for trial in speaker["trials"]:
        print(
            f"speaker {trial['seconds']:.0f} s, {trial['condition']}: EER {_shown(trial['eer'])}; "
            f"FRR at FAR 1e-3 {_shown(trial['frr_at_far_1e-3'])}; "
            f"at the stored threshold FRR {_shown(trial['frr_at_stored_threshold'])}, "
            f"FAR {_shown(trial['far_at_stored_threshold'])}"
        )
    print(f"one speaker throughout: {speaker['consistency']}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"phrase": phrase, "speaker": speaker}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
