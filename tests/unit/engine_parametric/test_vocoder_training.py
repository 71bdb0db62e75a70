"""The vocoder's training: the jury tells and is told, predicted frames lie over the recording, a cut-off run goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from synthesis.engine.parametric import vocoder
from synthesis.engine.parametric.base import base_model
from synthesis.engine.parametric.train import discriminators, pairing, spectral, spoken
from synthesis.engine.parametric.train import vocoder as training
from tests.unit.engine_parametric.test_training import CutOff, reading

SHORT = training.Schedule(steps=4, batch=2, length=16, jury_from=1, keep_every=2)


def pair(seed: int) -> pairing.Pair:
    """Forty frames and noise for samples."""
    rng = np.random.default_rng(seed)
    frames = rng.standard_normal((40, vocoder.INPUTS)).astype(np.float32) * 0.1
    frames[:, vocoder.CEPSTRUM :] += np.array([-10.0, 5.0, 1.0], dtype=np.float32)
    return pairing.Pair(frames, rng.integers(-3000, 3000, 6400).astype(np.int16), frames + 1)


def test_a_jury_learns_to_tell_noise_from_tones() -> None:
    torch.manual_seed(0)
    jury = discriminators.Jury(1)
    optimiser = torch.optim.Adam(jury.parameters(), 2e-3)
    time = torch.arange(3200) / 16_000
    losses = []
    for step in range(12):
        real = 0.1 * torch.sin(2 * torch.pi * 300 * time + torch.rand(2, 1) * 6)
        made = 0.1 * torch.randn(2, 3200, generator=torch.Generator().manual_seed(step))
        verdicts = [jury(samples, spectral.magnitudes(samples)[:1]) for samples in (real, made)]
        value = discriminators.judged(*verdicts)
        optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(value.item())
    assert losses[-1] < 0.6 * losses[0]
    of_real, of_made = verdicts
    assert discriminators.persuasion(of_made).item() > discriminators.persuasion(of_real).item()
    assert discriminators.feature_distance(of_real, of_real).item() == 0
    assert discriminators.feature_distance(of_real, of_made).item() > 0.1


def test_frames_are_drawn_as_predicted_or_as_recorded() -> None:
    speakers = [[pair(1)]]
    for share, added in ((0.0, 0.0), (1.0, 1.0)):
        frames, samples = pairing.draw(speakers, np.random.default_rng(0), 2, 40, share)
        np.testing.assert_allclose(frames[0].numpy(), speakers[0][0].frames + added)
        np.testing.assert_allclose(samples[0].numpy() * 32768, speakers[0][0].samples)


def test_predicted_frames_keep_the_recordings_pitch_and_length() -> None:
    takes = [reading(1), reading(2)]
    for take, frames in zip(takes, spoken.predicted(base_model(), takes), strict=True):
        recorded = spoken.natural(take)
        assert frames.shape == recorded.shape == (40, vocoder.INPUTS)
        np.testing.assert_array_equal(frames[:, vocoder.CEPSTRUM + 1], recorded[:, vocoder.CEPSTRUM + 1])
        assert not np.allclose(frames[:, : vocoder.CEPSTRUM], recorded[:, : vocoder.CEPSTRUM])
        assert frames[16:24, vocoder.CEPSTRUM + 2].all()  # IY is never without a voice
        assert frames[:, 0].max() <= np.percentile(np.concatenate([take.cepstrum[:, 0] for take in takes]), 99.5) + 1e-4


def test_a_run_cut_off_and_taken_up_ends_with_the_same_weights(tmp_path: Path) -> None:
    speakers, held_back = [[pair(1)], [pair(2)]], [[pair(3)]]
    whole, done = training.train(speakers, held_back, SHORT, lambda line: None)
    assert done == 4
    checkpoint = tmp_path / "vocoder.pt"
    heard: list[str] = []
    steps = [0]
    while steps[-1] < 4:  # at least one step in each slice, whatever the clock says
        again, done = training.train(speakers, held_back, SHORT, heard.append, checkpoint, seconds=0.0)
        steps.append(done)
    assert steps == [0, 1, 2, 3, 4]
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["vocoder-2.pt", "vocoder-4.pt", "vocoder.pt"]
    assert float(whole.out.weight.abs().max()) > 0


def test_a_state_is_whole_or_not_there(tmp_path: Path) -> None:
    """Whoever cuts a run off while it reports loses a step, not the file."""

    def report(line: str) -> None:
        raise CutOff

    with pytest.raises(CutOff):
        training.train([[pair(1)]], [[pair(2)]], SHORT, report, tmp_path / "vocoder.pt", seconds=0.0)
    assert not (tmp_path / "vocoder.pt").exists()
