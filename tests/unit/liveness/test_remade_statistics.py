"""What a machine that adds short spectra up again leaves before onsets, and between the periods of a voice."""

from __future__ import annotations

import numpy as np

from safeguards.detector.channels import room
from safeguards.detector.vocoders import phases_blurred
from safeguards.liveness.remade_statistics import describe_remade, observe_remade
from safeguards.liveness.train_remade import noise_reduced

RATE = 16_000
BANDS, OF_A_BAND = 8, 15
BEFORE = slice(5, 8)  # 8 to 4 ms before the top of an onset
COHERENCE = slice(-73, -1)  # means and upper fifths at one to four periods, and means at half a period


def _bursts() -> np.ndarray:
    """Noise that begins at once and dies away, out of a quiet room."""
    rng = np.random.default_rng(3)
    sound = rng.standard_normal(4 * RATE) * 1e-3
    for start in range(2_000, len(sound) - 2_000, 2_900):
        sound[start : start + 1_600] += rng.standard_normal(1_600) * np.exp(-np.arange(1_600) / 400.0)
    return sound.astype(np.float32)


def _pulses(seconds: float = 4.0, hertz: float = 125.0) -> np.ndarray:
    sound = np.random.default_rng(4).standard_normal(int(seconds * RATE)) * 1e-3
    sound[:: round(RATE / hertz)] += 1.0
    return sound.astype(np.float32)


def _onsets(samples: np.ndarray) -> np.ndarray:
    return observe_remade(samples)[: BANDS * OF_A_BAND].reshape(BANDS, OF_A_BAND)


def test_blurred_phases_sound_before_the_onset_and_a_room_does_not() -> None:
    sound = _bursts()
    blurred = phases_blurred(sound.astype(np.float64), np.random.default_rng(1)).astype(np.float32)
    reverberant = room(sound, np.random.default_rng(1), rt60=0.3, direct=0.1)
    own, theirs, echoing = (_onsets(one)[3:, BEFORE].mean() for one in (sound, blurred, reverberant))
    assert theirs - own > 1.0  # nepers
    assert theirs - echoing > 0.5


def test_a_pulse_repeats_from_period_to_period_and_noise_does_not() -> None:
    pulses = observe_remade(_pulses())[COHERENCE].reshape(9, BANDS)
    assert pulses[0].min() > 0.95  # one period
    assert pulses[6].min() > 0.95  # four
    assert pulses[8].max() < 0.7  # half a period
    assert np.isnan(observe_remade(_bursts())[COHERENCE]).all()
    assert not np.isnan(observe_remade(_bursts())[: COHERENCE.start]).any()


def test_the_level_of_a_recording_says_nothing() -> None:
    sound = _pulses() + _bursts()
    assert np.nanmax(np.abs(observe_remade(sound) - observe_remade(sound * 0.2))) < 1e-2


def test_stretches_without_speech_are_left_out() -> None:
    sound = np.concatenate([_bursts(), np.zeros(4 * RATE, dtype=np.float32), _bursts()])
    frames = np.arange(len(sound) // 160)
    assert len(describe_remade(sound, frames)) == 3
    assert len(describe_remade(sound, frames[(frames < 400) | (frames >= 800)])) == 2
    assert len(describe_remade(sound[: RATE // 2], frames[:50])) == 1


def test_a_noise_reduction_takes_noise_away_and_leaves_the_sound() -> None:
    sound = _bursts()
    heard = np.concatenate([np.arange(start, start + 400) for start in range(2_000, len(sound) - 2_000, 2_900)])
    quiet = np.concatenate(
        [np.arange(start + 1_800, start + 2_600) for start in range(2_000, len(sound) - 4_000, 2_900)]
    )
    made = [noise_reduced(sound, np.random.default_rng(seed)) for seed in range(6)]
    for one in made:
        assert one.shape == sound.shape
        assert np.corrcoef(one[heard], sound[heard])[0, 1] > 0.9
    assert min(np.std(one[quiet]) for one in made) < 0.7 * np.std(sound[quiet])  # where no noise was added first
