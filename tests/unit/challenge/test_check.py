from __future__ import annotations

import numpy as np
import pytest

from audiokit import Audio
from safeguards.challenge import UnsupportedLanguageError, check, text_check, word_times
from safeguards.challenge.lexicon import tokens
from safeguards.challenge.phrases import is_long
from safeguards.challenge.reading import Reading
from tests import speech_data
from tests.speech_data import Clip

CLEAR = [clip for name in ("kathleen", "LJ", "ls1998") for clip in speech_data.clips(name)[:2]]


@pytest.fixture(params=CLEAR, ids=lambda clip: clip.path.stem)
def clip(request: pytest.FixtureRequest) -> Clip:
    found: Clip = request.param
    return found


def test_a_true_reading_holds(clip: Clip) -> None:
    evidence = check(speech_data.load(clip), [clip.transcript])
    assert evidence.passed, evidence.problem
    assert evidence.statement_score is None
    assert evidence.words[0].ok
    assert 0.0 <= evidence.words[0].start_s < evidence.words[0].end_s <= clip.seconds


def test_a_changed_word_fails_and_is_named(clip: Clip) -> None:
    words = tokens(clip.transcript)
    place = max(place for place, word in enumerate(words) if is_long(word))
    expected = ["cucumber" if number == place else word for number, word in enumerate(words)]
    evidence = check(speech_data.load(clip), [" ".join(expected)])
    assert not evidence.passed
    items = [" ".join(words[:place]), "cucumber", " ".join(words[place + 1 :])]
    single = check(speech_data.load(clip), [item for item in items if item])
    failed = [score.word for score in single.words if not score.ok]
    assert "cucumber" in failed


def test_a_word_asked_for_and_not_said_fails(clip: Clip) -> None:
    words = tokens(clip.transcript)
    middle = len(words) // 2
    asked = [" ".join(words[:middle]), "spectrum", " ".join(words[middle:])]
    evidence = check(speech_data.load(clip), asked)
    assert not evidence.passed
    assert "spectrum" in [score.word for score in evidence.words if not score.ok]


def test_words_in_another_order_fail(clip: Clip) -> None:
    words = tokens(clip.transcript)
    assert not check(speech_data.load(clip), [" ".join(words[len(words) // 2 :] + words[: len(words) // 2])]).passed


def test_a_long_word_said_twice_fails(clip: Clip) -> None:
    audio, words = speech_data.load(clip), tokens(clip.transcript)
    place = max((place for place, word in enumerate(words) if is_long(word)), key=lambda place: len(words[place]))
    start, end = Reading(audio.to_mono(), words).spans[place]
    samples = audio.to_mono()
    cut = samples[round(start * 16_000) : round(end * 16_000)]
    twice = np.concatenate([samples[: round(end * 16_000)], cut, samples[round(end * 16_000) :]])
    evidence = check(Audio.mono(twice, 16_000), [clip.transcript])
    assert not evidence.passed


def test_speech_before_the_words_counts_as_extra() -> None:
    first, second = speech_data.clips("kathleen")[:2]
    both = np.concatenate([speech_data.load(first).to_mono(), speech_data.load(second).to_mono()])
    evidence = check(Audio.mono(both, 16_000), [second.transcript])
    assert not evidence.passed
    assert evidence.problem is not None


def test_a_statement_before_the_words_is_checked_and_scored() -> None:
    first, second = speech_data.clips("LJ")[:2]
    both = Audio.mono(np.concatenate([speech_data.load(first).to_mono(), speech_data.load(second).to_mono()]), 16_000)
    right = check(both, [second.transcript], statement=first.transcript)
    assert right.passed, right.problem
    other = speech_data.clips("LJ")[2].transcript
    wrong = check(both, [second.transcript], statement=other)
    assert not wrong.passed
    assert right.statement_score is not None
    assert wrong.statement_score is not None
    assert right.statement_score > wrong.statement_score + 1.0


@pytest.mark.parametrize("seconds", [0.0, 0.1, 3.0])
def test_silence_fails(seconds: float) -> None:
    evidence = check(Audio.mono(np.zeros(round(16_000 * seconds), np.float32), 16_000), ["cucumber", "spectrum"])
    assert not evidence.passed
    assert evidence.problem is not None
    assert len(evidence.words) == 2


def test_rain_fails() -> None:
    assert not check(speech_data.load(speech_data.noise()), ["spectrum", "cucumber"]).passed


def test_a_challenge_without_words_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at least one word"):
        check(speech_data.load(CLEAR[0]), [])


def test_a_take_of_the_shown_sentence_passes_and_of_another_does_not(clip: Clip) -> None:
    right = text_check(speech_data.load(clip), clip.transcript)
    assert right.passed, right.problem
    assert right.held >= 0.8
    other = next(other for other in speech_data.clips(clip.speaker) if other is not clip)
    wrong = text_check(speech_data.load(clip), other.transcript)
    assert not wrong.passed
    assert wrong.problem is not None


def test_another_sample_rate_and_two_channels_make_no_difference() -> None:
    import soxr

    clip = CLEAR[0]
    high = soxr.resample(speech_data.load(clip).to_mono(), 16_000, 44_100).astype(np.float32)
    assert check(Audio(np.stack([high, high]), 44_100), [clip.transcript]).passed


def test_another_language_needs_a_recogniser() -> None:
    with pytest.raises(UnsupportedLanguageError, match="none for it"):
        check(speech_data.load(CLEAR[0]), ["Schmetterling"], language="de")


@pytest.mark.parametrize("clip", CLEAR, ids=str)
def test_each_written_word_of_a_reading_has_its_time(clip: Clip) -> None:
    audio = speech_data.load(clip)
    words = word_times(audio, f"— {clip.transcript} —")
    assert words is not None
    assert " ".join(word for word, _, _ in words) == f"{clip.transcript} —"
    edges = [edge for _, start, end in words for edge in (start, end)]
    assert edges == sorted(edges)
    assert edges[0] >= 0
    assert edges[-1] <= audio.seconds + 0.05
    assert word_times(audio, "…") is None
