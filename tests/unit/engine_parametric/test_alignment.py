"""Forced alignment finds the words in order, and remembers nothing."""

from __future__ import annotations

import itertools

from synthesis.engine.parametric.alignment import Alignment
from synthesis.engine.parametric.engine import aligner
from synthesis.engine.parametric.reading import words_and_marks
from tests.speech_data import Clip, clips, load


def align(clip: Clip) -> Alignment | None:
    return aligner().align(load(clip).to_mono(), words_and_marks(clip.transcript)[0])


def test_an_alignment_does_not_depend_on_what_was_aligned_before() -> None:
    first, second, third = clips("ls2033")
    alone = align(first)
    align(second)
    align(third)
    assert alone is not None
    assert align(first) == alone


def test_decoders_that_were_let_go_come_back_as_they_were() -> None:
    clip = clips("ls2033")[0]
    before = align(clip)
    aligner().release()
    assert before is not None
    assert align(clip) == before


def test_phones_follow_each_other_and_belong_to_the_words_in_order() -> None:
    found = align(clips("ls1998")[0])
    assert found is not None
    edges = [(phone.start, phone.end) for phone in found.phones]
    assert all(left[1] <= right[0] + 1e-9 for left, right in itertools.pairwise(edges))
    words = [phone.word for phone in found.phones if phone.word >= 0]
    assert words == sorted(words)
    assert set(words) == set(range(len(found.words)))


def test_words_that_are_not_letters_are_not_aligned() -> None:
    assert aligner().align(load(clips("ls1998")[0]).to_mono(), ["<unk>"]) is None
    assert aligner().align(load(clips("ls1998")[0]).to_mono(), []) is None


def test_marks_stay_with_the_word_before_them() -> None:
    assert words_and_marks("Yes, it is 5.") == (["yes", "it", "is", "five"], [",", "", "", "."])
