from __future__ import annotations

import numpy as np
import pytest

from audiokit import Audio
from safeguards import speaker
from safeguards.speaker import NoSpeechError, SpeakerIndex
from safeguards.speaker.calibration import calibration
from tests import speech_data

NAMES = ("kathleen", "LJ", "ls1688", "ls1998", "ls2033", "ls2414", "ls367")


def _takes(name: str) -> list[Audio]:
    return [speech_data.load(clip) for clip in speech_data.clips(name)]


def test_an_embedding_has_unit_length_and_does_not_depend_on_level_or_rate() -> None:
    import soxr

    audio = _takes("LJ")[0]
    embedding = speaker.embed(audio)
    assert embedding.shape == (speaker.DIMENSION,)
    assert embedding.dtype == np.float32
    assert np.linalg.norm(embedding) == pytest.approx(1.0, abs=1e-5)
    quiet = Audio.mono(audio.to_mono() * np.float32(0.2), audio.sample_rate)
    high = Audio.mono(soxr.resample(audio.to_mono(), 16_000, 48_000), 48_000)
    assert float(embedding @ speaker.embed(quiet)) > 0.98
    assert float(embedding @ speaker.embed(high)) > 0.98


def test_the_same_person_scores_above_zero_and_others_below_the_least_own_score() -> None:
    takes = {name: _takes(name) for name in NAMES}
    own, other = [], []
    for name, recordings in takes.items():
        own.append(speaker.llr(recordings[1:], recordings[0]).llr)
        other += [speaker.llr(recordings[1:], others[0]).llr for who, others in takes.items() if who != name]
    assert min(own) > 2.0
    assert max(other) < min(own)


def test_the_false_accept_rate_falls_as_the_ratio_rises() -> None:
    takes = _takes("ls1998")
    same = speaker.llr(takes[1:], takes[0])
    different = speaker.llr(takes[1:], _takes("ls2033")[0])
    assert same.accepted_at_far < 1e-3 < different.accepted_at_far <= 1.0
    assert same.version == calibration().version
    assert same.net_seconds > 2.0
    assert same.problem is None


def test_two_people_in_one_recording_are_less_consistent_than_one() -> None:
    def joined(*pieces: Audio) -> Audio:
        return Audio.mono(np.concatenate([piece.to_mono() for piece in pieces]), 16_000)

    man, woman = _takes("ls1688"), _takes("ls1998")
    one = speaker.consistency(joined(man[0], man[1]))
    two = speaker.consistency(joined(man[0], woman[0]))
    assert one is not None
    assert two is not None
    assert one > two + 1.0


def test_short_speech_has_no_consistency() -> None:
    audio = _takes("kathleen")[0]
    short = Audio.mono(audio.to_mono()[:32_000], 16_000)
    assert speaker.consistency(short) is None
    assert speaker.consistency(Audio.mono(np.zeros(16_000, np.float32), 16_000)) is None


@pytest.mark.parametrize(
    "samples", [np.zeros(48_000, np.float32), np.zeros(0, np.float32), np.full(8_000, 0.5, np.float32)]
)
def test_a_recording_without_speech_is_reported_and_never_accepted(samples: np.ndarray) -> None:
    silent = Audio.mono(samples, 16_000)
    with pytest.raises(NoSpeechError):
        speaker.embed(silent)
    evidence = speaker.llr(_takes("LJ"), silent)
    assert evidence.problem is not None
    assert evidence.accepted_at_far == 1.0
    assert evidence.llr < -10.0


def test_too_little_speech_is_reported() -> None:
    audio = _takes("LJ")[0]
    evidence = speaker.llr(_takes("LJ")[1:], Audio.mono(audio.to_mono()[8_000:28_000], 16_000))
    assert evidence.problem is not None
    assert "at least 2 s" in evidence.problem


def test_an_enrolment_must_hold_something() -> None:
    with pytest.raises(ValueError, match="at least one recording"):
        speaker.llr([], _takes("LJ")[0])


def test_the_index_finds_the_nearest_voice_and_can_leave_some_out() -> None:
    index = SpeakerIndex()
    assert index.nearest(speaker.embed(_takes("LJ")[0])) is None
    for name in NAMES:
        index.add(name, speaker.embed(_takes(name)[1]))
    assert len(index) == len(NAMES)
    for name in NAMES:
        found = index.nearest(speaker.embed(_takes(name)[0]))
        assert found is not None
        assert found[0] == name
        assert found[1] > 0.0
        other = index.nearest(speaker.embed(_takes(name)[0]), exclude=[name])
        assert other is not None
        assert other[0] != name
        assert other[1] < found[1]


def test_what_the_index_forgot_is_not_found_and_the_others_are() -> None:
    index = SpeakerIndex()
    for name in NAMES[:3]:
        index.add(name, speaker.embed(_takes(name)[1]))
    index.remove("LJ")
    index.remove("nobody")
    assert index.ids == {"kathleen", "ls1688"}
    found = index.nearest(speaker.embed(_takes("LJ")[0]))
    assert found is not None
    assert found[0] != "LJ"
    index.add("LJ", speaker.embed(_takes("LJ")[1]))
    found = index.nearest(speaker.embed(_takes("LJ")[0]))
    assert found is not None
    assert found[0] == "LJ"


def test_the_index_refuses_what_is_not_an_embedding() -> None:
    with pytest.raises(ValueError, match="256 finite numbers"):
        SpeakerIndex().add("x", np.zeros(3, np.float32))
    with pytest.raises(ValueError, match="256 finite numbers"):
        SpeakerIndex().add("x", np.full(256, np.nan, np.float32))


def test_calibrated_ratios_rise_with_the_score_in_every_bucket() -> None:
    for row in calibration().buckets:
        for bucket in row:
            assert bucket.slope > 0.0
            assert bucket.llr(6.0) > 0.0 > bucket.llr(-6.0)
            assert bucket.false_accept_rate(6.0) < bucket.false_accept_rate(0.0)


def test_quality_says_what_to_do() -> None:
    clear = _takes("LJ")[0]
    good = speaker.quality(clear)
    assert good.problem is None
    assert good.net_seconds > 3.0
    noise = np.random.default_rng(0).standard_normal(clear.samples.shape[1]).astype(np.float32)
    noisy = speaker.quality(Audio.mono(clear.to_mono() + 0.1 * noise, 16_000))
    assert noisy.problem is not None
    loud = speaker.quality(Audio.mono(np.clip(clear.to_mono() * 30.0, -1.0, 1.0), 16_000))
    assert loud.problem is not None
    assert "too loud" in loud.problem
    silent = speaker.quality(Audio.mono(np.zeros(32_000, np.float32), 16_000))
    assert silent.problem is not None
    assert "No speech" in silent.problem
    short = speaker.quality(clear, least_seconds=60.0)
    assert short.problem is not None
    assert "at least 60 s" in short.problem
