"""A voice is learned from its owner's readings."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit import Audio
from safeguards.speaker.encoder import embed
from synthesis.engine import parametric
from synthesis.engine.errors import Cancelled, EngineError
from synthesis.engine.parametric import enrolment
from synthesis.engine.parametric.adaptation import Tuning
from synthesis.engine.parametric.base import BaseModel
from synthesis.engine.parametric.engine import aligner
from synthesis.engine.voice_model import VoiceModel
from tests.speech_data import clips, load

QUICK = Tuning(steps=24, windows=3, length=120, check_every=12)
TEXT = "Please remember to bring your passport and two recent photographs to the appointment."


def takes(speaker: str) -> list[tuple[Audio, str]]:
    return [(load(clip), clip.transcript) for clip in clips(speaker)]


def learn(base: BaseModel, speaker: str, seed: int = 0) -> VoiceModel:
    voice = enrolment.enrol(
        base,
        aligner(),
        takes(speaker),
        progress=lambda share, phrase: None,
        should_stop=lambda: False,
        seed=seed,
        tuning=QUICK,
    )
    return voice.pack()


def test_a_clone_is_nearer_to_its_owner_than_to_another(base: BaseModel) -> None:
    owners = ("ls1688", "ls1998")
    real = {name: np.mean([embed(load(clip)) for clip in clips(name)], axis=0) for name in owners}
    for name, other in (owners, owners[::-1]):
        model = learn(base, name)
        assert len(model.to_bytes()) < 2**20
        clone = embed(parametric.render(model, TEXT, seed=1))
        assert float(clone @ real[name]) > float(clone @ real[other])


def test_the_same_readings_and_seed_give_the_same_model(base: BaseModel) -> None:
    short = takes("ls2033")[:2]

    def again() -> VoiceModel:
        tuning = Tuning(steps=2, windows=2, length=60, check_every=2)
        return enrolment.enrol(
            base,
            aligner(),
            short,
            progress=lambda share, phrase: None,
            should_stop=lambda: False,
            seed=5,
            tuning=tuning,
        ).pack()

    assert again() == again()


def test_progress_rises_to_one_and_stop_is_honoured(base: BaseModel) -> None:
    shares: list[float] = []
    with pytest.raises(Cancelled):
        parametric.enrol(
            takes("ls2033"),
            progress=lambda share, phrase: shares.append(share),
            should_stop=lambda: len(shares) >= 2,
        )
    assert shares == sorted(shares)
    assert len(shares) == 2


def test_too_little_speech_is_refused() -> None:
    with pytest.raises(EngineError) as refused:
        parametric.enrol(takes("ls367")[:1])
    assert refused.value.code == "too_little_speech"
    with pytest.raises(EngineError):
        parametric.enrol([])


def test_readings_of_another_text_are_refused() -> None:
    silence = Audio.mono(np.zeros(16_000 * 3), 16_000)
    with pytest.raises(EngineError) as refused:
        parametric.enrol([(silence, "this was never said by anybody at all")] * 3)
    assert refused.value.code == "not_aligned"


def test_a_voice_with_adapters_that_do_not_fit_is_refused(base: BaseModel, anna: VoiceModel) -> None:
    arrays = dict(anna.arrays) | {"adapter.out.weight.delta": np.zeros((3, 3, 1), np.float16)}
    with pytest.raises(EngineError, match="does not fit"):
        parametric.render(VoiceModel("parametric", arrays, anna.facts), "Hello.", seed=1)
