"""Fine-tuning the token model: it learns, it goes on where it was killed, it stops when told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from synthesis.engine.errors import Cancelled, EngineError
from synthesis.engine.gpt_sovits.build import build_t2s
from synthesis.engine.gpt_sovits.features.hubert import Hubert
from synthesis.engine.gpt_sovits.loading import our_front
from synthesis.engine.gpt_sovits.pipeline.networks import Networks
from synthesis.engine.gpt_sovits.t2s.config import T2SConfig
from synthesis.engine.gpt_sovits.t2s.model import T2S
from synthesis.engine.gpt_sovits.t2s.packed import pack
from synthesis.engine.gpt_sovits.train.s1 import finetune, split, steps_of
from synthesis.engine.gpt_sovits.train.s1_training import Settings, Training
from synthesis.engine.gpt_sovits.train.scratch import FolderScratch
from synthesis.engine.gpt_sovits.weights import Weights
from tests.speech_data import clips, load
from tests.unit.gpt_sovits import tiny

CONFIG = T2SConfig(width=16, heads=2, layers=2, inner=32, phones=732, vocabulary=tiny.CODES + 1, bert=4, max_seconds=9)


@dataclass(frozen=True)
class Said:
    phones: Tensor
    bert: Tensor
    tokens: Tensor


def _base(config: T2SConfig = CONFIG) -> Weights:
    torch.manual_seed(5)
    tensors = {}
    for name, tensor in T2S(config).state_dict().items():
        tensors[f"model.{name}"] = (0.2 * torch.randn(tensor.shape)).numpy().astype(np.float16)
    settings = {"model": {"head": config.heads, "EOS": config.eos}, "data": {"max_sec": config.max_seconds}}
    return Weights("s1", tensors, settings, "0" * 64)


def _made(count: int = 12) -> list[Said]:
    g = torch.Generator().manual_seed(4)
    sizes = torch.randint(4, 30, (count, 2), generator=g).tolist()
    return [
        Said(
            torch.randint(1, 732, (a,), generator=g),
            torch.zeros(4, a),
            torch.randint(0, tiny.CODES, (b,), generator=g),
        )
        for a, b in sizes
    ]


def _run(folder: Path, settings: Settings, stop: Callable[[], bool] = lambda: False) -> dict[str, np.ndarray]:
    scratch = FolderScratch(folder)
    outcome = finetune(_base(), _made(), settings, scratch, progress=lambda _share, _note: None, should_stop=stop)
    return dict(outcome.weights.tensors)


def test_a_few_steps_on_real_speech_lower_the_loss(tmp_path: Path) -> None:
    hubert = Hubert(tiny.hubert_folder(tmp_path / "hubert"))
    networks = Networks(pack(tiny.t2s()), tiny.sovits(), hubert, None, None, tiny.DIGESTS)
    front = our_front("v2")
    said = []
    for clip in clips("kathleen"):
        ids = [i for piece in front(clip.transcript, "en") for part in piece.stretches for i in part.ids]
        said.append(Said(torch.tensor(ids), torch.zeros(4, len(ids)), networks.tokens(load(clip), tail=False)))
    assert all(len(one.tokens) > 20 for one in said)
    notes: list[float] = []
    settings = Settings(epochs=8, batch=2, accumulate=1, held_out=0, learning_rate=5e-3, warmup=1)
    outcome = finetune(
        _base(),
        said,
        settings,
        FolderScratch(tmp_path / "out"),
        progress=lambda share, _: notes.append(share),
        should_stop=lambda: False,
    )
    assert outcome.losses[-1] < 0.9 * outcome.losses[0]
    assert notes[-1] == 1.0
    assert notes == sorted(notes)
    assert outcome.weights.kind == "s1"
    assert build_t2s(outcome.weights.tensors, outcome.weights.config).config == CONFIG


@pytest.mark.parametrize("preference", [False, True])
def test_a_training_that_was_killed_ends_with_the_weights_of_one_that_was_not(tmp_path: Path, preference: bool) -> None:
    settings = Settings(epochs=3, batch=2, accumulate=2, held_out=4, preference=preference, snapshot_steps=1)
    whole = _run(tmp_path / "whole", settings)
    asked = 0

    def killed() -> bool:
        nonlocal asked
        asked += 1
        return asked % 3 == 0

    for _ in range(20):
        try:
            parted = _run(tmp_path / "parted", settings, killed)
            break
        except Cancelled:
            continue
    assert asked > 3
    assert whole.keys() == parted.keys()
    assert all(np.array_equal(whole[name], parted[name]) for name in whole)


def test_another_start_is_another_training(tmp_path: Path) -> None:
    calls = iter([False, False, True])
    with pytest.raises(Cancelled):
        _run(tmp_path, Settings(epochs=3, held_out=0, batch=1, accumulate=2), lambda: next(calls))
    assert (tmp_path / "t2s").exists()
    changed = Settings(epochs=3, held_out=0, batch=1, accumulate=2, seed=1)
    fresh = _run(tmp_path / "fresh", changed)
    resumed = _run(tmp_path, changed)
    assert all(np.array_equal(fresh[name], resumed[name]) for name in fresh)


def test_accumulated_batches_move_the_weights_as_one_batch_does() -> None:
    said = _made(6)
    states = []
    for batches in ([said], [said[:2], said[2:3], said[3:]]):
        training = Training(_base(), Settings(), "cpu")
        loss = training.learn(batches)
        states.append((loss, training.model.state_dict()))
    assert states[0][0] == pytest.approx(states[1][0], rel=1e-5)
    for name, value in states[0][1].items():
        torch.testing.assert_close(value, states[1][1][name], rtol=1e-4, atol=2e-5)


def test_training_ends_early_when_held_out_readings_stop_getting_better_and_keeps_the_best(tmp_path: Path) -> None:
    settings = Settings(epochs=40, held_out=3, patience=2, learning_rate=0.02, warmup=1)
    outcome = finetune(
        _base(),
        _made(),
        settings,
        FolderScratch(tmp_path),
        progress=lambda _share, _note: None,
        should_stop=lambda: False,
    )
    assert outcome.stopped_early
    best = outcome.held_out.index(min(outcome.held_out))
    assert len(outcome.held_out) == best + 3
    learned, heard = split(_made(), settings)
    assert len(learned) + len(heard) == 12
    kept = Training(outcome.weights, settings, "cpu")
    assert kept.listen(heard) == pytest.approx(min(outcome.held_out), rel=1e-2)


def test_an_epoch_takes_every_reading_once_within_the_bounds() -> None:
    said = _made(30)
    settings = Settings(batch=4, accumulate=3, max_batch_positions=90)
    for epoch in range(3):
        steps = steps_of(said, settings, epoch)
        batches = [batch for step in steps for batch in step]
        assert sorted(index for batch in batches for index in batch) == list(range(30))
        assert max(map(len, steps)) <= 3
        for batch in batches:
            longest = max(len(said[index].phones) + len(said[index].tokens) for index in batch)
            assert len(batch) <= 4
            assert len(batch) == 1 or longest * len(batch) <= 90
    assert steps_of(said, settings, 0) != steps_of(said, settings, 1)


def test_no_reading_and_a_loss_that_is_no_number_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="No recording"):
        split([], Settings())
    training = Training(_base(), Settings(learning_rate=1e30, warmup=0), "cpu")
    training.learn([_made(2)])
    with pytest.raises(EngineError) as raised:
        training.learn([_made(2)])
    assert raised.value.code == "training_diverged"
