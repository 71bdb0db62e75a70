"""A training that was cut off ends as one that was not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from synthesis.engine.parametric import phones as ph
from synthesis.engine.parametric.acoustic import CEPSTRUM
from synthesis.engine.parametric.reading import Reading
from synthesis.engine.parametric.track import CONTEXT_SIZE, PhoneTrack
from synthesis.engine.parametric.train import acoustic


class CutOff(Exception):
    """The machine went away."""


def reading(seed: int) -> Reading:
    """Frames of noise under a few phones."""
    rng = np.random.default_rng(seed)
    phone = np.array([ph.PHONE_ID[name] for name in ("SIL", "B", "IY", "S", "SIL")])
    track = PhoneTrack(
        phone, np.zeros(5, np.int64), np.zeros((5, CONTEXT_SIZE), np.float32), np.full(5, np.nan, np.float32)
    )
    frames = np.full(5, 8)
    noise = rng.standard_normal((40, CEPSTRUM)).astype(np.float32)
    log_f0 = (5 + 0.1 * rng.standard_normal(40)).astype(np.float32)
    return Reading(track, frames, noise, np.full(40, -10, np.float32), log_f0, np.arange(40) % 2 == 0)


def test_a_run_cut_off_and_taken_up_ends_with_the_same_weights(tmp_path: Path) -> None:
    speakers, held_back = [[reading(1)], [reading(2)]], [[reading(3)]]
    schedule = acoustic.Schedule(steps=4, batch=1, length=16, check_every=2)
    whole, _ = acoustic.train(speakers, held_back, schedule, lambda line: None)

    def report(line: str) -> None:
        if "4/4" in line:
            raise CutOff

    checkpoint = tmp_path / "acoustic.pt"
    with pytest.raises(CutOff):
        acoustic.train(speakers, held_back, schedule, report, checkpoint=checkpoint)
    heard: list[str] = []
    again, _ = acoustic.train(speakers, held_back, schedule, heard.append, checkpoint=checkpoint)
    assert len(heard) == 1
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_synthetic_speakers_are_learned_from_but_do_not_say_what_people_are_like() -> None:
    speakers, held_back = [[reading(1)], [reading(2)]], [[reading(3)]]
    schedule = acoustic.Schedule(steps=4, batch=2, length=16, check_every=2)
    alone, normaliser = acoustic.train(speakers, held_back, schedule, lambda line: None)
    taught, other = acoustic.train(
        speakers, held_back, schedule, lambda line: None, synthetic=[[reading(4)], [reading(5)]]
    )
    for name in normaliser.__dataclass_fields__:
        assert np.array_equal(getattr(normaliser, name), getattr(other, name)), name
    assert any(not torch.equal(value, taught.state_dict()[name]) for name, value in alone.state_dict().items())
