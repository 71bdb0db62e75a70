"""Short-time spectra and mel filters."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit.features import MelScale, frames, hann, hz_to_mel, istft, log_mel, mel_filters, mel_to_hz, stft
from tests.unit.audiokit.files import tone, vowel


def test_frames_step_through_the_signal_and_leave_the_rest() -> None:
    assert frames(np.arange(7, dtype=np.float32), 3, 2).tolist() == [[0, 1, 2], [2, 3, 4], [4, 5, 6]]
    assert frames(np.arange(2, dtype=np.float32), 3, 2).shape == (0, 3)


def test_frames_need_a_positive_step() -> None:
    with pytest.raises(ValueError, match="must be positive"):
        frames(np.zeros(10, np.float32), 4, 0)


def test_shifted_windows_sum_to_a_constant() -> None:
    assert np.allclose(hann(512)[:256] + hann(512)[256:], 1.0)


def test_a_tone_lies_in_its_bin_with_half_its_amplitude() -> None:
    spectra = np.abs(stft(tone(1000, 1.0, 16_000, amplitude=0.8).samples[0], 512, 128))

    middle = spectra[len(spectra) // 2]
    assert middle.argmax() == 1000 * 512 // 16_000
    assert middle.max() == pytest.approx(0.8 / 2 * hann(512).sum(), rel=1e-3)


def test_frame_t_is_centred_on_sample_t_times_hop() -> None:
    click = np.zeros(16_000, np.float32)
    click[6400] = 1.0

    assert np.abs(stft(click, 512, 160)).sum(axis=1).argmax() == 40


def test_the_number_of_frames_is_one_more_than_the_hops() -> None:
    assert len(stft(np.zeros(1600, np.float32), 400, 160)) == 11
    assert len(stft(np.zeros(3, np.float32), 400, 160)) == 1


@pytest.mark.parametrize(("n_fft", "hop", "window"), [(512, 128, None), (1024, 256, 800), (400, 160, None)])
def test_the_inverse_gives_the_signal_back(n_fft: int, hop: int, window: int | None) -> None:
    signal = vowel().samples[0]

    back = istft(stft(signal, n_fft, hop, window), n_fft, hop, len(signal), window)

    assert np.allclose(back[n_fft:-n_fft], signal[n_fft:-n_fft], atol=1e-5)


def test_a_window_longer_than_the_transform_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        stft(np.zeros(1000, np.float32), 256, 64, 400)


@pytest.mark.parametrize(
    ("scale", "hz", "mel"), [("htk", 1000.0, 999.99), ("slaney", 1000.0, 15.0), ("slaney", 6400.0, 42.0)]
)
def test_the_scales_pass_through_their_published_points(scale: MelScale, hz: float, mel: float) -> None:
    assert hz_to_mel(np.array([hz]), scale)[0] == pytest.approx(mel, abs=0.01)


@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_mel_and_hertz_are_inverse(scale: MelScale) -> None:
    hz = np.linspace(0, 20_000, 101)

    assert np.allclose(mel_to_hz(hz_to_mel(hz, scale), scale), hz)


@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_inner_triangles_sum_to_one_between_the_first_and_last_centre(scale: MelScale) -> None:
    bank = mel_filters(16_000, 2048, 20, scale=scale)

    centres = bank.argmax(axis=1)
    assert np.allclose(bank[:, centres[0] + 1 : centres[-1]].sum(axis=0), 1.0, atol=1e-5)


def test_unit_area_filters_answer_white_noise_alike() -> None:
    bank = mel_filters(16_000, 8192, 40, scale="slaney", unit_area=True)

    assert np.allclose(bank.sum(axis=1) * 16_000 / 8192, 1.0, atol=0.02)


def test_a_band_beyond_nyquist_is_refused() -> None:
    with pytest.raises(ValueError, match="does not lie within"):
        mel_filters(16_000, 512, 40, high_hz=9_000)


def test_log_mel_rises_by_the_gain_and_has_a_floor() -> None:
    signal = vowel().samples[0]

    def features(scaled: np.ndarray) -> np.ndarray:
        return log_mel(scaled.astype(np.float32), 16_000, n_fft=512, hop=160, n_mels=40)

    assert features(signal).shape == (51, 40)
    assert np.allclose(features(signal * 2) - features(signal), np.log(4), atol=1e-3)
    assert np.allclose(features(signal * 0), np.log(1e-10))
