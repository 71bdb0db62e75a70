from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from safeguards.detector import copies, dataset
from safeguards.detector.copies import CONVERSIONS, VARIETY, VOCODERS, Original
from safeguards.detector.excitation import lpc_residual
from safeguards.detector.spectra import analyse, synthesise
from tests import speech_data


def _piece() -> np.ndarray:
    return speech_data.load(speech_data.clips("ls2414")[0]).to_mono()[16_000:32_000].astype(np.float64)


def test_a_spectrum_turned_back_is_the_sound_it_came_from() -> None:
    samples = _piece()
    for size, hop in ((512, 128), (1024, 256), (512, 256)):
        back = synthesise(analyse(samples, size, hop), size, hop)
        inner = slice(size, len(back) - size)
        assert np.allclose(back[inner], samples[: len(back)][inner], atol=1e-6)


@pytest.mark.parametrize("system", sorted({**VOCODERS, **VARIETY}))
def test_every_vocoder_speaks_as_long_as_it_was_spoken_to(system: str) -> None:
    samples = _piece()
    made = {**VOCODERS, **VARIETY}[system](samples, np.random.default_rng(3))
    assert np.isfinite(made).all()
    assert made.std() > 0.0
    assert len(made) == pytest.approx(len(samples), rel=0.25)
    assert not np.allclose(made[: len(samples)], samples[: len(made)], atol=1e-3)


@pytest.mark.parametrize("system", sorted(CONVERSIONS))
def test_a_conversion_is_as_long_as_what_is_said(system: str) -> None:
    said, voice = _piece(), speech_data.load(speech_data.clips("LJ")[0]).to_mono()[:24_000].astype(np.float64)
    made = CONVERSIONS[system](said, voice, np.random.default_rng(3))
    assert np.isfinite(made).all()
    assert len(made) == pytest.approx(len(said), rel=0.05)


def test_a_copy_depends_on_seed_system_voice_and_number_alone(tmp_path: Path) -> None:
    clips = speech_data.clips("LJ")
    voices = {"LJ": [Original(clip.path, "LJ") for clip in clips]}
    first, again = (copies.make(voices, "own_phase_blur", "LJ", 1, 11) for _ in range(2))
    assert np.array_equal(first, again)
    copies.save(tmp_path / "a" / "b.flac", first)
    assert (tmp_path / "a" / "b.flac").stat().st_size > 1_000
    copies.save(tmp_path / "a" / "silence.flac", first * 0.0)
    assert not (tmp_path / "a" / "silence.flac").exists()


def test_nothing_is_measured_on_what_is_made_for_variety_alone() -> None:
    voices = {f"v{number}": [Original(Path("x.flac"), f"v{number}")] * 10 for number in range(40)}
    parts = {system: {dataset.voice_part(voice) for one, voice, _ in copies.wanted(voices, [*VOCODERS, *VARIETY], 1)
                      if one == system} for system in (*VOCODERS, *VARIETY)}  # fmt: skip
    assert all(parts[system] == {"train", "calibrate", "test"} for system in VOCODERS)
    assert all(parts[system] == {"train", "calibrate"} for system in VARIETY)


def test_what_is_left_of_speech_after_prediction_speaks_it_again() -> None:
    samples = _piece()
    residual, speak = lpc_residual(samples, 16)
    assert residual[400:-400].std() < 0.7 * samples[400:-400].std()
    assert np.corrcoef(speak(residual)[800:-800], samples[800:-800])[0, 1] > 0.9


def test_every_system_made_here_has_a_family_and_every_family_a_fold() -> None:
    for system in (
        *VOCODERS,
        *VARIETY,
        *CONVERSIONS,
        "codec2",
        "own_engine",
        "vits_piper",
        "kokoro",
        "hibari",
        "festival_hts",
    ):
        assert 0 <= dataset.family_fold(system) < len(dataset.FOLDS)
    assert sorted(name for fold in dataset.FOLDS for name in fold) == sorted(dataset.FAMILIES)
    with pytest.raises(KeyError):
        dataset.family("a system nobody named")
