"""Cepstra, WORLD and warps against what must hold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from synthesis.engine.parametric import mcep, smoothing, world
from tests.speech_data import clips, load


def test_cepstra_survive_the_way_to_spectra_and_back() -> None:
    rng = np.random.default_rng(0)
    cepstrum = (rng.standard_normal((5, 40)) * 0.2).astype(np.float32)
    assert np.abs(mcep.from_power(mcep.to_power(cepstrum)) - cepstrum).max() < 1e-5


def test_a_flat_spectrum_has_only_the_first_coefficient() -> None:
    cepstrum = mcep.from_power(np.full((1, 513), np.e**2))
    assert cepstrum[0, 0] == pytest.approx(1.0, abs=1e-6)
    assert np.abs(cepstrum[0, 1:]).max() < 1e-6


def test_a_warp_and_its_opposite_cancel_in_the_low_coefficients() -> None:
    both = mcep.warp_matrix(0.06) @ mcep.warp_matrix(-0.06)
    assert np.abs(both[:20, :20] - np.eye(20)).max() < 1e-3


def test_a_positive_warp_moves_a_formant_up() -> None:
    frequency = np.linspace(0, np.pi, 513)
    power = 1 / np.abs(1 - 1.8 * np.cos(1.0) * np.exp(-1j * frequency) + 0.81 * np.exp(-2j * frequency)) ** 2
    cepstrum = mcep.from_power(power[None])
    warped = mcep.to_power(cepstrum @ mcep.warp_matrix(0.1).T)[0]
    assert warped.argmax() > mcep.to_power(cepstrum)[0].argmax()


def test_world_gives_speech_back_with_its_pitch() -> None:
    samples = world.level(load(clips("ls1688")[0]).to_mono())
    features = world.analyse(samples)
    again = world.analyse(world.synthesise(features))
    count = min(len(features.f0), len(again.f0))
    both = (features.f0[:count] > 0) & (again.f0[:count] > 0)
    assert both.mean() > 0.3
    assert np.median(np.abs(np.log(features.f0[:count][both] / again.f0[:count][both]))) < 0.02


def test_level_brings_active_speech_to_the_target() -> None:
    samples = load(clips("ls1998")[0]).to_mono()
    assert np.allclose(world.level(samples * 0.1), world.level(samples), atol=1e-6)
    assert np.array_equal(world.level(np.zeros(1000)), np.zeros(1000))


@pytest.mark.parametrize("length", [1, 3, 200])
@pytest.mark.parametrize("deviation", [2.0, 4.0])
def test_smoothing_is_that_of_scipy(length: int, deviation: float) -> None:
    values = np.random.default_rng(0).standard_normal((length, 2))
    assert smoothing.gaussian(values, deviation) == pytest.approx(gaussian_filter1d(values, deviation, axis=0))
    one = values[:, 0]
    assert smoothing.gaussian(one, deviation) == pytest.approx(gaussian_filter1d(one, deviation))
