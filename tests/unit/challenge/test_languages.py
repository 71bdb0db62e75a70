"""Word lists of the other languages, and recognisers that an operator brings."""

from __future__ import annotations

import random
import sys
import types
from collections.abc import Iterator
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from audiokit import Audio
from safeguards import challenge
from safeguards.challenge import HeardWord, UnsupportedLanguageError, draw
from safeguards.challenge.phrases import languages, word_lists

OTHERS = ["de", "es", "fr", "zh"]
SILENCE = Audio.mono(np.zeros(16_000, np.float32), 16_000)


class Listener:
    """Hears what it was told to."""

    version = "listener-1"

    def __init__(self, words: list[str]) -> None:
        self.words = words

    def transcribe(self, audio: Audio, language: str) -> list[HeardWord]:
        return [HeardWord(word, float(place), place + 0.5, 3.0) for place, word in enumerate(self.words)]


@pytest.fixture(autouse=True)
def none_registered() -> Iterator[None]:
    yield
    for language in OTHERS:
        challenge.unregister(language)


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_two_lists_of_a_power_of_two_without_a_common_word(language: str) -> None:
    lists = word_lists(language)
    assert len(lists.even) == len(lists.odd) == 2**lists.bits_per_word
    assert len(set(lists.all)) == len(lists.all)
    assert language in languages()


@pytest.mark.parametrize("language", OTHERS)
def test_forty_eight_bits_take_seven_words_from_the_lists_in_turn(language: str) -> None:
    challenge.register(language, Listener([]))
    even = set(word_lists(language).even)
    words = draw(language, 48, random.Random(4))
    assert len(words) == len(set(words)) == 7
    assert all((first in even) != (second in even) for first, second in pairwise(words))


@pytest.mark.parametrize("language", OTHERS)
def test_without_a_recogniser_no_words_are_drawn_and_the_reason_is_given(language: str) -> None:
    assert not challenge.can_check(language)
    with pytest.raises(UnsupportedLanguageError, match="need a speech recogniser"):
        draw(language)


@pytest.mark.parametrize("language", OTHERS)
def test_words_heard_in_order_hold_and_any_change_fails(language: str) -> None:
    listener = Listener([])
    challenge.register(language, listener)
    words = draw(language, 48, random.Random(5))
    listener.words = [part for word in words for part in challenge.recognisers.spelled(word)]
    assert challenge.check(SILENCE, words, language=language).passed
    heard = list(listener.words)
    listener.words = heard[::-1]
    assert not challenge.check(SILENCE, words, language=language).passed
    listener.words = heard[:-1]
    assert not challenge.check(SILENCE, words, language=language).passed
    listener.words = [*heard, heard[0]]
    assert not challenge.check(SILENCE, words, language=language).passed


def test_a_recogniser_is_made_when_it_is_first_asked_to_listen_and_only_once() -> None:
    made: list[Listener] = []

    def maker() -> Listener:
        made.append(Listener(["Apfel"]))
        return made[-1]

    challenge.register_maker("de", maker)
    assert draw("de-AT", 7)
    assert not made
    assert challenge.check(SILENCE, ["Apfel"], language="de").passed
    assert challenge.check(SILENCE, ["Apfel"], language="de").passed
    assert len(made) == 1


def test_whisper_gives_words_with_times_and_odds_and_ideographs_one_by_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    asked: dict[str, object] = {}

    class WhisperModel:
        def __init__(self, folder: str, **options: object) -> None:
            asked.update(options, folder=folder)

        def transcribe(self, samples: np.ndarray, **options: object) -> tuple[list[object], None]:
            asked.update(options, samples=len(samples))
            word = SimpleNamespace(word=" 苹果，", start=0.5, end=1.0, probability=0.9)
            return [SimpleNamespace(words=[word]), SimpleNamespace(words=None)], None

    module = types.ModuleType("faster_whisper")
    module.WhisperModel = WhisperModel  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "faster_whisper", module)
    from safeguards.challenge.whisper import open_folder

    recogniser = open_folder(tmp_path, version="w-1")
    heard = recogniser.transcribe(Audio.mono(np.zeros(8_000, np.float32), 8_000), "zh-Hans")
    assert [(word.word, word.start_s, word.end_s) for word in heard] == [("苹", 0.5, 1.0), ("果", 0.5, 1.0)]
    assert heard[0].log_odds == pytest.approx(np.log(9.0))
    assert asked["samples"] == 16_000
    assert asked["language"] == "zh"
    assert asked["local_files_only"] is True
    assert asked["condition_on_previous_text"] is False
