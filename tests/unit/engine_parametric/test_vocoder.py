"""The source-filter vocoder: what it is before it has learned, and that it can learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from synthesis.engine.parametric import vocoder, world
from synthesis.engine.parametric.train import vocoder as training
from tests.speech_data import clips, load


def steady(f0: float, *, voiced: bool, count: int = 60) -> torch.Tensor:
    """A flat spectrum of unit power at one pitch, ``[1, T, 43]``."""
    frames = torch.zeros(1, count, vocoder.INPUTS)
    frames[..., vocoder.CEPSTRUM] = -50.0
    frames[..., vocoder.CEPSTRUM + 1] = math.log(f0)
    frames[..., vocoder.CEPSTRUM + 2] = float(voiced)
    return frames


def spoken(frames: torch.Tensor, seed: int = 0) -> torch.Tensor:
    noise = torch.randn(1, 160 * frames.shape[1], generator=torch.Generator().manual_seed(seed))
    with torch.inference_mode():
        return vocoder.speak(frames, vocoder.FilterNet()(frames), noise, torch.zeros(1))[0]


@pytest.mark.parametrize("f0", [90.0, 200.0, 400.0])
def test_pulses_have_unit_power_and_lie_on_the_harmonics(f0: float) -> None:
    pulses = vocoder.excitation(steady(f0, voiced=True), torch.zeros(1))[0]
    assert float((pulses**2).mean()) == pytest.approx(1.0, rel=0.1)
    spectrum = torch.fft.rfft(pulses[:8000] * torch.hann_window(8000)).abs()  # 2 Hz apart
    on, between = spectrum[int(f0 / 2)], spectrum[int(f0 * 3 / 4)]
    assert on > 100 * between


def test_where_there_is_no_voice_there_are_no_pulses() -> None:
    assert not vocoder.excitation(steady(120.0, voiced=False), torch.zeros(1)).any()


def test_an_untrained_network_leaves_the_spectrum_to_the_envelope() -> None:
    made = spoken(steady(100.0, voiced=False))
    assert float((made[400:-400] ** 2).mean()) == pytest.approx(1.0, rel=0.1)


def test_a_copy_of_speech_has_its_level_and_pitch() -> None:
    samples = world.level(load(clips("ls1688")[0]).to_mono())[:48_000]
    pair = training.pair_of(samples)
    made = spoken(torch.from_numpy(pair.frames)[None]).numpy()
    assert 10 * np.log10((made**2).mean() / (samples**2).mean()) == pytest.approx(0, abs=1.5)
    first, second = world.analyse(samples, quick=True).f0, world.analyse(made, quick=True).f0
    both = (first[: len(second)] > 0) & (second[: len(first)] > 0)
    assert np.median(np.abs(np.log(first[: len(both)][both] / second[: len(both)][both]))) < 0.02


def test_the_loss_is_least_for_noise_like_the_recorded() -> None:
    """An energy distance: too little and too much noise both cost."""
    frames = steady(100.0, voiced=False).expand(4, -1, -1)
    recorded = torch.randn(4, 9600, generator=torch.Generator().manual_seed(7))
    found = []
    for nepers in (-0.4, 0.0, 0.4):
        net = vocoder.FilterNet()
        torch.nn.init.constant_(net.out.bias, nepers)
        with torch.inference_mode():
            found.append(float(training.energy_distance(net, frames, recorded, torch.Generator().manual_seed(1))))
    assert found[1] < min(found[0], found[2])
