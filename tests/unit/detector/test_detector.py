from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from audiokit import Audio
from safeguards import detector
from safeguards.detector.channels import telephone
from safeguards.detector.model import Model, ModelError
from safeguards.detector.score import WEIGHTS
from tests import speech_data


def _vocoded(samples: np.ndarray) -> Audio:
    """Taken apart and put together again by WORLD, with a coarse spectrum."""
    import pyworld

    signal = samples.astype(np.float64)
    coarse, times = pyworld.dio(signal, 16_000)
    f0 = pyworld.stonemask(signal, coarse, times, 16_000)
    envelope = pyworld.cheaptrick(signal, f0, times, 16_000)
    cepstra = np.fft.irfft(np.log(envelope), axis=1)
    cepstra[:, 30:-30] = 0.0
    smooth = np.exp(np.fft.rfft(cepstra, axis=1).real)
    made = pyworld.synthesize(f0, smooth, pyworld.d4c(signal, f0, times, 16_000), 16_000)
    return Audio.mono(made.astype(np.float32), 16_000)


def test_human_speech_scores_lower_than_machine_speech() -> None:
    human, machine = [], []
    for name in ("LJ", "kathleen", "ls1998", "ls2414"):
        audio = speech_data.load(speech_data.clips(name)[0])
        human.append(detector.score(audio).p_synthetic)
        machine.append(detector.score(_vocoded(audio.to_mono())).p_synthetic)
    assert np.mean(machine) > np.mean(human) + 0.4


def test_no_committed_human_clip_is_called_synthetic() -> None:
    verdicts = [detector.score(speech_data.load(clip)).verdict for clip in speech_data.clips()]
    assert verdicts.count("synthetic") <= 1


def test_segments_lie_in_order_inside_the_recording() -> None:
    clip = speech_data.clips("ls2414")[0]
    score = detector.score(speech_data.load(clip))
    assert len(score.segments) >= 3
    starts = [segment.start_s for segment in score.segments]
    assert starts == sorted(starts)
    assert all(0.0 <= segment.start_s < segment.end_s <= clip.seconds + 0.01 for segment in score.segments)
    assert all(0.0 <= segment.p_synthetic <= 1.0 for segment in score.segments)
    assert score.version


@pytest.mark.parametrize("seconds", [0.0, 0.2, 2.0])
def test_silence_is_inconclusive(seconds: float) -> None:
    score = detector.score(Audio.mono(np.zeros(round(16_000 * seconds), np.float32), 16_000))
    assert score.verdict == "inconclusive"
    assert score.p_synthetic == 0.5


def test_half_a_second_of_speech_is_inconclusive() -> None:
    audio = speech_data.load(speech_data.clips("LJ")[0])
    assert detector.score(Audio.mono(audio.to_mono()[8_000:17_000], 16_000)).verdict == "inconclusive"


def test_the_same_recording_scores_the_same_twice_and_at_another_level() -> None:
    audio = speech_data.load(speech_data.clips("kathleen")[0])
    first = detector.score(audio).p_synthetic
    assert detector.score(audio).p_synthetic == first
    quiet = Audio.mono(audio.to_mono() * np.float32(0.25), 16_000)
    assert detector.score(quiet).p_synthetic == pytest.approx(first, abs=0.05)


def test_telephone_speech_of_people_is_not_called_synthetic() -> None:
    clips = [speech_data.clips(name)[1] for name in ("LJ", "kathleen", "ls1998", "ls2414", "ls367")]
    verdicts = [
        detector.score(Audio.mono(telephone(speech_data.load(clip).to_mono()), 16_000)).verdict for clip in clips
    ]
    assert "synthetic" not in verdicts


def test_weights_that_differ_from_their_card_are_refused(tmp_path: Path) -> None:
    copy = tmp_path / "detector.safetensors"
    shutil.copy(WEIGHTS, copy)
    shutil.copy(WEIGHTS.with_suffix(".json"), copy.with_suffix(".json"))
    assert Model(copy).card.version
    copy.write_bytes(copy.read_bytes()[:-1] + b"\x00\x01")
    with pytest.raises(ModelError, match="digest"):
        Model(copy)
    copy.unlink()
    with pytest.raises(ModelError, match="missing"):
        Model(copy)


def test_the_weights_are_small_and_their_card_is_complete() -> None:
    assert WEIGHTS.stat().st_size < 2_000_000
    card = json.loads(WEIGHTS.with_suffix(".json").read_text())
    assert set(card["lines"]) == {"clear", "noisy", "narrow"}
    assert all(line["slope"] > 0.0 for line in card["lines"].values())
    assert card["genuine_below"] < card["synthetic_above"]
