"""Words of a clause with their parts of speech, joined where tone sandhi works across jieba's cuts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import rjieba

from synthesis.engine.gpt_sovits.text.zh import readings


@dataclass(frozen=True, slots=True)
class Cut:
    """A word and jieba's tag for it; ``x`` marks what is no word."""

    word: str
    tag: str


def cut(clause: str) -> list[Cut]:
    """The words of ``clause`` as jieba cuts them; joined they are the clause again."""
    return [Cut(word, tag) for word, tag in rjieba.tag(clause)]


def halves(word: str) -> tuple[str, str]:
    """A word in two parts at its shortest known sub-word; the second may be empty."""
    short: str = min(rjieba.cut_for_search(word), key=len)
    if word.startswith(short):
        return short, word[len(short) :]
    return word[: -len(short)], short


def join(cuts: list[Cut]) -> list[Cut]:
    """Join what is spoken as one word: negation and *one* with what follows, repetitions, third tones, *er*."""
    joined = _sandwiched_one(_after("不", cuts))
    joined = _pairs(_after("一", joined), lambda left, right: left.word == right.word)
    joined = _third_tones(joined, _all_third)
    joined = _third_tones(joined, _third_at_seam)
    return _pairs(joined, lambda _, right: right.word == "儿")


def _after(character: str, cuts: list[Cut]) -> list[Cut]:
    """Join a word that is ``character`` alone to the next one; the tag is the next one's."""
    joined: list[Cut] = []
    for item in cuts:
        if joined and joined[-1].word == character:
            tag = item.tag if character == "不" else joined[-1].tag
            joined[-1] = Cut(character + item.word, tag)
        else:
            joined.append(item)
    return joined


def _sandwiched_one(cuts: list[Cut]) -> list[Cut]:
    """听 一 听 is one word."""
    joined: list[Cut] = []
    index = 0
    while index < len(cuts):
        here = cuts[index]
        between = index + 2 < len(cuts) and cuts[index + 1].word == "一" and cuts[index + 2].word == here.word
        if between and here.tag == "v":
            joined.append(Cut(f"{here.word}一{here.word}", here.tag))
            index += 3
        else:
            joined.append(here)
            index += 1
    return joined


def _pairs(cuts: list[Cut], belongs: Callable[[Cut, Cut], bool]) -> list[Cut]:
    joined: list[Cut] = []
    for item in cuts:
        if joined and belongs(joined[-1], item):
            joined[-1] = Cut(joined[-1].word + item.word, joined[-1].tag)
        else:
            joined.append(item)
    return joined


def _all_third(left: list[int], right: list[int]) -> bool:
    return all(tone == 3 for tone in (*left, *right))


def _third_at_seam(left: list[int], right: list[int]) -> bool:
    return left[-1] == 3 and right[0] == 3


def _third_tones(cuts: list[Cut], meet: Callable[[list[int], list[int]], bool]) -> list[Cut]:
    """Join neighbours of at most three characters in all whose third tones meet; what was joined joins no further."""
    joined: list[Cut] = []
    tones = [readings.tones(item.word) for item in cuts]
    grown = False
    for index, item in enumerate(cuts):
        if index and not grown and meet(tones[index - 1], tones[index]):
            left = cuts[index - 1].word
            doubled = len(left) == 2 and left[0] == left[1]
            if not doubled and len(left) + len(item.word) <= 3:
                joined[-1] = Cut(joined[-1].word + item.word, joined[-1].tag)
                grown = True
                continue
        grown = False
        joined.append(item)
    return joined
