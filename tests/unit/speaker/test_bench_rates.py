"""What the bench of the owner checks writes for others to quote is what it counted, in the form that is read again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.identity import __main__ as bench
from bench.identity.figures import rate
from bench.identity.measure_phrase import measure_phrase
from bench.identity.plots import draw
from safeguards import measured
from safeguards.speaker.calibration import calibration
from vivavoce.web.templatetags.web_operation import _WHAT, _WHERE


def phrase(condition: str) -> dict[str, Any]:
    figures = {
        "true_within_three_tries": rate(9, 10),
        "accepted": {"true": rate(20, 30), "extra": rate(1, 30)},
        "changed_accepted": rate(2, 150),
    }
    return {"conditions": {condition: figures}}


def speaker() -> dict[str, Any]:
    def trial(seconds: float, condition: str) -> dict[str, Any]:
        det = [(0.5, 0.0), (0.1, 0.02), (0.001, 0.2), (0.0, 1.0)]
        return {"seconds": seconds, "condition": condition, "frr_at_far_1e-3": rate(3, 33), "det": det}

    return {
        "trials": [trial(5.0, "clean"), trial(5.0, "telephone"), trial(5.0, "pink 5 dB"), trial(3.0, "clean")],
        "consistency": {"one_person_below_-2": rate(1, 300), "two_people_below_-2": rate(260, 300)},
    }


def test_errors_are_counted_and_every_code_has_words() -> None:
    found = bench.measures({"phrase": phrase("pink 15 dB"), "speaker": speaker()})
    assert {"what": "true_refused", "where": "noise_15", "errors": 10, "n": 30} in found["challenge"]
    assert {"what": "three_refused", "where": "noise_15", "errors": 1, "n": 10} in found["challenge"]
    assert {"what": "changed_accepted", "where": "noise_15", "errors": 2, "n": 150} in found["challenge"]
    assert [row["where"] for row in found["speaker"]] == ["s5_clean", "s5_telephone"]
    assert {"what": "two_speakers_missed", "where": "any", "errors": 40, "n": 300} in found["consistency"]
    for row in [row for rows in found.values() for row in rows]:
        assert row["what"] in _WHAT
        assert row["where"] in _WHERE


def test_what_is_written_is_quoted_for_the_version_that_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.write_measures({"speaker": speaker()}, tmp_path)
    card = tmp_path / "calibration.json"
    card.write_text(json.dumps({"version": calibration().version}))
    try:
        measured.replace("speaker", tmp_path / "measured.json", card)
        quoted = measured.measured("speaker")
        assert [one.errors for one in quoted.measures] == [3, 3]
        card.write_text(json.dumps({"version": "another"}))
        measured.replace("speaker", tmp_path / "measured.json", card)
        assert measured.measured("speaker").measures == ()
    finally:
        measured.restore()


def test_det_curves_of_five_seconds_are_drawn(tmp_path: Path) -> None:
    path = draw(speaker(), tmp_path / "plots")
    assert path is not None
    assert path.read_bytes().startswith(b"\x89PNG")


def test_kept_margins_are_read_again_and_not_heard_anew(tmp_path: Path) -> None:
    margins = {"rival": 150.0, "heard": "other", "phones": -20.0, "deletion": 90.0, "frames": 40}
    for name in ("ls1688", "ls1998", "ls2033", "ls2414", "ls367"):
        judged = [
            {"kind": kind, "speaker": name, "condition": condition, "place": 0,
             "words": [margins if kind == "true" else margins | {"rival": -400.0, "phones": -500.0}], "insertions": [100.0, 100.0]}
            for condition in ("clean", "pink 15 dB") for kind in ("true", "true", "true", "replaced")
        ]  # fmt: skip
        content = {"judged": judged, "cpu_seconds": 1.0, "seconds_of_audio": 5.0}
        (tmp_path / f"phrase-{name}-3.json").write_text(json.dumps(content))

    found = measure_phrase(tmp_path / "no corpus", quick=True, store=tmp_path)

    clean = found["conditions"]["clean"]
    assert clean["true_within_three_tries"]["n"] == 5
    assert clean["accepted"]["true"]["n"] == 15
    assert clean["accepted"]["replaced"]["errors"] == 0
    assert clean["true_words_held"]["rate"] == 1.0
