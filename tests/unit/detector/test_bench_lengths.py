"""The bench of whole consents: what is presented, kept and judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from audiokit import Audio
from bench.detector import lengths
from bench.detector.spliced import WHOLE
from safeguards import liveness
from tests import speech_data

RATE = 16_000


def _sound(name: str = "LJ") -> np.ndarray:
    return speech_data.load(speech_data.clips(name)[0]).to_mono()[: 4 * RATE]


def test_what_is_kept_is_judged_as_the_check_itself_judges_the_sound(tmp_path: Path) -> None:
    sound = _sound()
    folder = tmp_path / lengths.detector_version()
    lengths._write(folder / "test-people-LJ.npz", iter([lengths.heard(lengths.PEOPLE[0], "LJ", "piece", sound)]))
    [(length, found)] = lengths.judged(lengths.kept(tmp_path, "test"))
    direct = liveness.assess(Audio.mono(sound, RATE))
    assert length == "piece"
    for member in ("p_synthetic", "p_replay", "splice"):
        assert abs(getattr(found.evidence, member) - getattr(direct, member)) < 0.03


def test_joined_takes_are_no_splices_and_marked_sound_is_refused() -> None:
    pieces = [_sound()[start : start + 8_000] for start in range(0, 60_000, 12_000)]
    gap = np.zeros(4_000, np.float32)
    pasted = np.concatenate([part for piece in pieces for part in (piece, gap)])
    rows = [
        lengths.heard(lengths.PEOPLE[0], "LJ", "joined", pasted),
        lengths.heard("splice, silence between", "LJ", "phrase", pasted),
        lengths.heard("own_engine, as released", "LJ", "piece", _sound(), marked=True),
    ]
    joined, cut, marked = (one for _, one in lengths.judged(rows))
    assert joined.evidence.splice < 0.01
    assert cut.evidence.splice > 0.9
    assert cut.outcome == marked.outcome == "refuse"


def test_people_and_attacks_stand_apart_and_by_length() -> None:
    person = lengths.heard(WHOLE, "LJ", "phrase", _sound())
    machine = lengths.heard("own_lpc", "LJ", "piece", _sound())
    found = lengths.tables(list(lengths.judged([person, machine])))
    assert list(found["phrase"]["people"]) == [WHOLE]
    assert list(found["4 s"]["attacks"]) == ["own_lpc"]
    assert found["consent"] == {"people": {}, "attacks": {}}
