from __future__ import annotations

import random
from itertools import pairwise

import pytest

from safeguards.challenge import SentenceSupplyError, UnsupportedLanguageError, draw, draw_from_sentences
from safeguards.challenge.lexicon import lookup
from safeguards.challenge.phones import distance, syllables
from safeguards.challenge.phrases import word_lists


def test_forty_eight_bits_are_six_different_words_from_the_two_lists_in_turn() -> None:
    lists = word_lists("en")
    for seed in range(20):
        words = draw("en", 48, random.Random(seed))
        assert len(words) == len(set(words)) == 6
        assert all(word in (lists.odd if place % 2 else lists.even) for place, word in enumerate(words))


def test_every_word_can_be_drawn_and_each_carries_eight_bits() -> None:
    lists = word_lists("en")
    source = random.Random(1)
    drawn = {word for _ in range(3000) for word in draw("en", 16, source)}
    assert drawn == set(lists.all)
    assert len(lists.even) == len(lists.odd) == 256
    assert not set(lists.even) & set(lists.odd)


def test_words_are_known_long_and_far_apart_in_phones() -> None:
    lists = word_lists("en")
    for count, words in ((2, lists.even), (3, lists.odd)):
        assert all(syllables(variant) == count for word in words for variant in lookup(word))
    sample = [lookup(word)[0] for word in lists.all[::7]]
    assert min(distance(a, b) for place, a in enumerate(sample) for b in sample[:place]) >= 3.0


def test_a_draw_without_a_generator_differs_from_the_last() -> None:
    assert draw() != draw()


def test_languages_without_words_and_languages_without_a_recogniser_are_refused_with_a_reason() -> None:
    with pytest.raises(UnsupportedLanguageError, match="no challenge words for 'tlh'"):
        draw("tlh")


@pytest.mark.parametrize("bits", [0, -8, 1000])
def test_bits_out_of_range_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="bits must lie"):
        draw("en", bits)


def test_sentences_are_drawn_without_repeats_and_only_when_they_can_be_checked() -> None:
    usable = [
        "the invention of movable metal letters",
        "many different animals wandered across the mountain",
        "she remembered every single detail of that evening",
    ]
    unusable = ["oh no", "the zzyzzx brillig toves gyre mimsy", ""]
    drawn = draw_from_sentences(usable + unusable + usable, random.Random(3), 3)
    assert sorted(drawn) == sorted(usable)
    with pytest.raises(SentenceSupplyError, match="4 checkable sentences are needed, 3 of 6 are"):
        draw_from_sentences(usable + unusable, random.Random(3), 4)


def test_neighbouring_words_of_a_challenge_never_come_from_the_same_list() -> None:
    even = set(word_lists("en").even)
    for first, second in pairwise(draw("en", 96, random.Random(9))):
        assert (first in even) != (second in even)
