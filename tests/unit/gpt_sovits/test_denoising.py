"""Steady noise goes, most of the voice stays; what it costs a clean reading is bounded."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit import Audio
from bench.gpt_sovits.denoise import si_sdr
from synthesis.engine.gpt_sovits.denoising import denoised
from tests.speech_data import clips, load


@pytest.mark.shared
def test_a_noisy_reading_gets_cleaner_and_a_clean_one_stays_itself() -> None:
    rng = np.random.default_rng(0)
    gains, losses = [], []
    for clip in clips(min_seconds=3.0)[:6]:
        clean = load(clip).to_mono()
        noise = rng.standard_normal(len(clean)) * np.sqrt(np.mean(clean**2) / 10.0)
        noisy = (clean + noise).astype(np.float32)
        rate = load(clip).sample_rate
        cleaned = denoised(Audio.mono(noisy, rate)).to_mono()
        gains.append(si_sdr(clean, cleaned) - si_sdr(clean, noisy))
        losses.append(si_sdr(clean, denoised(Audio.mono(clean, rate)).to_mono()))
    assert min(gains) > 1.0
    assert min(losses) > 12.0


def test_length_and_silence_are_kept() -> None:
    for samples in (np.zeros(16_000, np.float32), np.ones(100, np.float32) / 2):
        sound = denoised(Audio.mono(samples, 16_000))
        assert sound.to_mono().shape == samples.shape
        np.testing.assert_allclose(sound.to_mono(), samples, atol=1e-6)
