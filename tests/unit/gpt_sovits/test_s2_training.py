"""Fine-tuning in miniature, on real speech."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from audiokit import Audio
from synthesis.engine.errors import Cancelled, EngineError
from synthesis.engine.gpt_sovits.build import build_sovits
from synthesis.engine.gpt_sovits.features.hubert import Hubert
from synthesis.engine.gpt_sovits.pipeline.networks import Networks
from synthesis.engine.gpt_sovits.sovits.model import SoVITS
from synthesis.engine.gpt_sovits.t2s.packed import pack
from synthesis.engine.gpt_sovits.train import loop, preparation, s2
from synthesis.engine.gpt_sovits.train.discriminator import Discriminator
from synthesis.engine.gpt_sovits.train.preparation import Clip
from synthesis.engine.gpt_sovits.train.s2_training import Settings
from synthesis.engine.gpt_sovits.train.scratch import FolderScratch
from synthesis.engine.gpt_sovits.weights import Weights
from tests.speech_data import clips, load
from tests.unit.gpt_sovits import tiny

SETTINGS = Settings(epochs=1, batch=2, learning_rate=2e-3, held_out=0, snapshot_steps=1, dropout=0.0, max_steps=3)


@pytest.fixture(scope="module")
def base() -> Weights:
    torch.manual_seed(21)
    state = SoVITS(tiny.SOVITS, normed=True).state_dict()
    state["quantizer.vq.layers.0._codebook.embed"].normal_()
    arrays = {name: tensor.numpy() for name, tensor in state.items()}
    return Weights("s2-v2", arrays, {}, "0" * 64)


@pytest.fixture(scope="module")
def judge() -> Weights:
    torch.manual_seed(22)
    return Weights("s2-v2", {n: t.detach().numpy() for n, t in Discriminator(5, 64).state_dict().items()}, {}, "1" * 64)


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Networks:
    hubert = Hubert(tiny.hubert_folder(tmp_path_factory.mktemp("hubert")))
    return Networks(pack(tiny.t2s()), tiny.sovits(), hubert, None, None, tiny.DIGESTS)


@pytest.fixture(scope="module")
def learned(networks: Networks) -> list[Clip]:
    speaker = clips(min_seconds=4)[0].speaker
    items = [(load(clip), clip.transcript) for clip in clips(speaker, min_seconds=2)[:3]]
    found, _ = preparation.prepare(networks, tiny.letters, items, progress=lambda *_: None, should_stop=lambda: False)
    return found


def _tune(
    base: Weights,
    judge: Weights,
    learned: list[Clip],
    folder: Path,
    settings: Settings = SETTINGS,
    stop: Callable[[], bool] = lambda: False,
) -> s2.Outcome:
    scratch = FolderScratch(folder)
    return s2.finetune(base, judge, learned, settings, scratch, progress=lambda *_: None, should_stop=stop)


def test_a_few_steps_on_real_speech_lower_the_loss(
    base: Weights, judge: Weights, learned: list[Clip], tmp_path: Path
) -> None:
    training = s2.Training(base, judge, SETTINGS, "cpu")
    before = training.listen(learned[:2])
    for _ in range(4):
        training.learn(learned[:2], 0)
    assert training.listen(learned[:2]) < before


def test_a_killed_training_goes_on_and_ends_with_the_weights_of_an_unbroken_one(
    base: Weights, judge: Weights, learned: list[Clip], tmp_path: Path
) -> None:
    whole = _tune(base, judge, learned, tmp_path / "whole")
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        _tune(base, judge, learned, tmp_path / "broken", stop=lambda: next(asked))
    resumed = _tune(base, judge, learned, tmp_path / "broken")
    assert whole.steps == resumed.steps == 3
    assert whole.weights.sha256 == resumed.weights.sha256
    assert whole.losses == pytest.approx(resumed.losses)
    scratch = FolderScratch(tmp_path / "broken")
    loop.forget(scratch, s2.STAGE)
    assert not list((tmp_path / "broken").iterdir())


def test_a_training_that_had_ended_is_not_done_again(
    base: Weights, judge: Weights, learned: list[Clip], tmp_path: Path
) -> None:
    first = _tune(base, judge, learned, tmp_path)

    def asked() -> bool:
        raise AssertionError("a step was about to be made")

    again = _tune(base, judge, learned, tmp_path, stop=asked)
    assert (again.weights.sha256, again.steps, again.losses) == (first.weights.sha256, first.steps, first.losses)


def test_another_training_does_not_go_on_from_a_snapshot_that_is_not_its_own(
    base: Weights, judge: Weights, learned: list[Clip], tmp_path: Path
) -> None:
    asked = iter([False, True])
    with pytest.raises(Cancelled):
        _tune(base, judge, learned, tmp_path, stop=lambda: next(asked))
    other = replace(SETTINGS, seed=5, max_steps=1)
    assert _tune(base, judge, learned, tmp_path, other).steps == 1


def test_the_result_loads_and_can_be_trained_on(
    base: Weights, judge: Weights, learned: list[Clip], tmp_path: Path
) -> None:
    outcome = _tune(base, judge, learned, tmp_path, replace(SETTINGS, max_steps=1, held_out=2))
    assert len(outcome.held_out) == 1
    made = outcome.weights
    assert made.kind == base.kind
    assert made.sha256 != base.sha256
    trainable = build_sovits(made.tensors, made.config, training=True)
    assert trainable.config == build_sovits(made.tensors, made.config).config
    assert all(array.dtype != np.float32 for array in made.tensors.values())


def test_batches_hold_no_more_seconds_than_they_may(learned: list[Clip]) -> None:
    bound = replace(SETTINGS, batch=8, max_batch_seconds=10.0)
    for members in s2.batches(learned, bound, 0):
        longest = max(learned[index].frames for index in members)
        assert len(members) == 1 or longest * len(members) <= 10.0 * 50


def test_recordings_that_cannot_be_learned_from_are_named_and_left_out(networks: Networks) -> None:
    clip = clips(min_seconds=4)[0]
    noise = Audio.mono(np.random.default_rng(0).normal(0, 0.1, 64_000).astype(np.float32), 16_000)
    items = [(load(clip), clip.transcript), (noise, "hello there"), (load(clip), "short")]
    found, skipped = preparation.prepare(
        networks, tiny.letters, items, progress=lambda *_: None, should_stop=lambda: False
    )
    assert len(found) == 1
    assert [item.recording for item in skipped] == [1, 2]
    assert skipped[1].reason == "text_does_not_fit"
    with pytest.raises(EngineError, match="too_little_speech"):
        preparation.prepare(networks, tiny.letters, items[1:], progress=lambda *_: None, should_stop=lambda: False)


def test_a_long_recording_is_cut_in_pauses_and_its_words_stay_with_their_sound() -> None:
    audio = Audio.mono(np.zeros(16_000 * 40, np.float32), 16_000)
    words = [(f"w{n}", n * 2.0, n * 2.0 + 1.5) for n in range(20)]
    parts = preparation.slices(audio, " ".join(word for word, _, _ in words), lambda *_: words)
    assert [part.seconds <= 15.0 for part, _ in parts] == [True] * len(parts)
    assert " ".join(text for _, text in parts).split() == [word for word, _, _ in words]
    assert sum(part.seconds for part, _ in parts) == pytest.approx(40.0)
    assert preparation.slices(audio, "x", None) == [(audio, "x")]
