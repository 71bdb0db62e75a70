"""The source-filter vocoder: what it is before it has learned, and that it can learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from synthesis.engine.parametric import vocoder, world
from synthesis.engine.parametric.train import spectral
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
    features = world.analyse(samples, quick=True)
    count = len(features.f0) // 2
    log_f0, voiced = world.continuous_log_f0(features.f0)
    cepstrum = features.mel_cepstrum[: 2 * count].reshape(count, 2, -1).mean(1)
    rows = (features.aperiodicity[: 2 * count : 2], log_f0[: 2 * count : 2, None], voiced[: 2 * count : 2, None])
    made = spoken(torch.from_numpy(np.concatenate([cepstrum, *rows], 1).astype(np.float32))[None]).numpy()
    assert 10 * np.log10((made**2).mean() / (samples**2).mean()) == pytest.approx(0, abs=1.5)
    first, second = features.f0, world.analyse(made, quick=True).f0
    both = (first[: len(second)] > 0) & (second[: len(first)] > 0)
    assert np.median(np.abs(np.log(first[: len(both)][both] / second[: len(both)][both]))) < 0.02


def test_noise_swells_with_the_pulses_when_the_network_says_so() -> None:
    """A cosine of full swing: loudest at the pulse, least half a period later, the same power before and after it."""
    frames = steady(100.0, voiced=False, count=400)
    correction = torch.zeros(1, 400, vocoder.CORRECTIONS)
    correction[..., 3 * vocoder.BINS] = 3.0
    noise = torch.randn(1, 64_000, generator=torch.Generator().manual_seed(0))
    made = vocoder.speak(frames, correction, noise, torch.zeros(1))[0]
    power = (made[:-160].reshape(-1, 160) ** 2).mean(0).reshape(8, 20).mean(1)  # one period in eighths
    assert power[[0, 7]].mean() > 3 * power[[3, 4]].mean()
    assert power[1] == pytest.approx(float(power[6]), rel=0.3)


def test_a_turned_phase_moves_no_power() -> None:
    frames = steady(125.0, voiced=True, count=100)
    turned = torch.zeros(1, 100, vocoder.CORRECTIONS)
    turned[..., 2 * vocoder.BINS : 3 * vocoder.BINS] = torch.linspace(-1, 1, vocoder.BINS)
    silence, start = torch.zeros(1, 16_000), torch.zeros(1)
    plain = vocoder.speak(frames, torch.zeros_like(turned), silence, start)[0]
    other = vocoder.speak(frames, turned, silence, start)[0]
    assert float(other[800:-800].square().mean() / plain[800:-800].square().mean()) == pytest.approx(1.0, rel=0.05)
    assert float((other - plain).abs().max()) > 0.1


def test_the_loss_is_least_for_noise_like_the_recorded() -> None:
    """An energy distance: too little and too much noise both cost."""
    frames = steady(100.0, voiced=False).expand(4, -1, -1)
    recorded = spectral.magnitudes(torch.randn(4, 9600, generator=torch.Generator().manual_seed(7)))
    found = []
    for nepers in (-0.4, 0.0, 0.4):
        net = vocoder.FilterNet()
        torch.nn.init.constant_(net.out.bias, nepers)
        with torch.inference_mode():
            _, first, second = training.renderings(net, frames, torch.Generator().manual_seed(1))
            found.append(float(spectral.energy_distance(first, second, recorded)))
    assert found[1] < min(found[0], found[2])


@pytest.mark.parametrize("count", [1, 99, 100, 101, 250])
def test_blocks_of_a_second_join_to_the_whole(count: int) -> None:
    """Away from the ends, where the network sees zeros in one and the last frame again in the other."""
    rng = np.random.default_rng(count)
    frames = steady(150.0, voiced=True, count=count)[0].numpy()
    frames[:, 0] += 0.1 * rng.standard_normal(count).astype(np.float32)
    frames[:, vocoder.CEPSTRUM] = -10.0
    torch.manual_seed(0)
    net = vocoder.FilterNet()
    torch.nn.init.normal_(net.out.weight, std=0.1)
    made = vocoder.render(net, frames, seed=5)
    noise = np.random.default_rng(5).standard_normal(160 * count, dtype=np.float32)
    padded = np.pad(frames, ((30, 30), (0, 0)), mode="edge")
    with torch.inference_mode():
        correction = net(torch.from_numpy(padded)[None])[:, 30 : 30 + count]
        correction[..., 2 * vocoder.BINS : 3 * vocoder.BINS] = 0.0  # no turned phases in use
        whole = vocoder.speak(
            torch.from_numpy(frames)[None], correction, torch.from_numpy(noise)[None], torch.zeros(1)
        )[0]
    assert len(made) == 160 * count
    np.testing.assert_allclose(made, whole.numpy(), atol=1e-4)
    assert np.abs(made).max() > 0.1
