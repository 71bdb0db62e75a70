"""What a template holds, how a telephone is put into it, how its space is whitened, and how parts of a recording are compared."""

from __future__ import annotations

import numpy as np
import pytest

from bench.identity.calibrate_speaker import whitening
from safeguards import speaker
from safeguards.speaker.channel import by_telephone
from safeguards.speaker.cohort import Strangers
from safeguards.speaker.consistency import CUES, cues
from tests import speech_data

RATE = 16_000


def around(centre: np.ndarray, count: int, rng: np.random.Generator, spread: float = 0.3) -> np.ndarray:
    rows = centre + spread * rng.standard_normal((count, len(centre))) / np.sqrt(len(centre))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def centres(rng: np.random.Generator, count: int = 2) -> np.ndarray:
    rows = np.abs(rng.standard_normal((count, 64)))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


@pytest.mark.parametrize("order", ["halves", "in turn"])
def test_two_speakers_lie_further_apart_than_one_in_every_cue_of_distance(order: str) -> None:
    rng = np.random.default_rng(1)
    first, second = centres(rng)
    one = around(first, 20, rng)
    two = np.concatenate([around(first, 10, rng), around(second, 10, rng)])
    if order == "in turn":
        two = two.reshape(2, 10, -1).swapaxes(0, 1).reshape(20, -1)

    alone, mixed = (dict(zip(CUES, cues(rows, 8.0), strict=True)) for rows in (one, two))

    for name in ("farthest", "far", "usual", "division", "outsider"):
        assert mixed[name] < alone[name]
    assert mixed["spread"] > alone["spread"]
    assert mixed["one_way"] > alone["one_way"]
    assert mixed["division"] < 0.9
    if order == "halves":
        assert mixed["cut"] == pytest.approx(mixed["division"], abs=1e-5)
    assert mixed["seconds"] == pytest.approx(np.log(8.0))


def test_parts_too_few_to_divide_show_nothing() -> None:
    rows = around(centres(np.random.default_rng(2))[0], 3, np.random.default_rng(3))
    found = dict(zip(CUES, cues(rows, 2.0), strict=True))
    assert found["cut"] == found["division"] == 1.0
    assert np.isfinite(list(found.values())).all()


def test_a_telephone_keeps_the_middle_and_takes_the_rest() -> None:
    time = np.arange(RATE) / RATE
    tones = {hertz: np.sin(2 * np.pi * hertz * time).astype(np.float32) for hertz in (80, 1000, 5000)}
    heard = by_telephone(np.sum(list(tones.values()), axis=0) * np.float32(0.2), RATE)
    assert len(heard) == RATE
    low, middle, high = (abs(float(np.dot(heard, tone))) for tone in tones.values())
    assert low < 0.05 * middle
    assert high < 0.05 * middle


def test_a_template_stands_for_the_known_and_for_the_one_in_question() -> None:
    rows = speaker.template(speech_data.load(speech_data.clips("LJ")[0]))
    assert rows.shape == (2, speaker.DIMENSION)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    np.testing.assert_array_equal(speaker.heard(rows), rows[0])
    known = speaker.reference(rows)
    assert float(known @ rows[0]) == pytest.approx(float(known @ rows[1]), abs=1e-4)
    np.testing.assert_allclose(speaker.reference(rows[:1]), rows[0], atol=1e-6)


def test_whitening_evens_out_how_one_person_varies() -> None:
    rng = np.random.default_rng(4)
    loud = np.ones(8)
    loud[0] = 5.0  # one direction in which takes of everybody differ
    people = [list(rng.standard_normal(8) + loud * rng.standard_normal((30, 8))) for _ in range(40)]
    white = whitening(people)

    def ratio(turn: np.ndarray) -> float:
        deviations = np.concatenate([np.stack(own) - np.mean(own, axis=0) for own in people]) @ turn
        return float(deviations[:, 0].std() / deviations[:, 1:].std())

    assert ratio(np.eye(8)) > 4.0
    assert ratio(white) < 0.6 * ratio(np.eye(8))
    strangers = Strangers(np.eye(8, dtype=np.float32), white)
    np.testing.assert_allclose(np.linalg.norm(strangers.whitened, axis=1), 1.0, atol=1e-5)
