"""Standard pronunciation of Korean: what final and initial consonants do to each other.

The rules are those of the National Institute's Standard Pronunciation (표준 발음법), chapters 4 to 6: neutralised finals (8-11),
*h* (12), liaison (13-15), palatalisation (17), nasals (18-19), liquids (20), tense consonants (23).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ONSETS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS: Final = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
CODAS: Final = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"

_CLUSTERS: Final = {
    "ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ",
    "ㄽ": "ㄹㅅ", "ㄾ": "ㄹㅌ", "ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ",
}  # fmt: skip
_NEUTRAL: Final = {
    "ㄲ": "ㄱ", "ㅋ": "ㄱ", "ㄳ": "ㄱ", "ㄺ": "ㄱ", "ㅅ": "ㄷ", "ㅆ": "ㄷ", "ㅈ": "ㄷ", "ㅊ": "ㄷ", "ㅌ": "ㄷ", "ㅎ": "ㄷ",
    "ㅍ": "ㅂ", "ㅄ": "ㅂ", "ㄿ": "ㅂ", "ㄵ": "ㄴ", "ㄶ": "ㄴ", "ㄼ": "ㄹ", "ㄽ": "ㄹ", "ㄾ": "ㄹ", "ㅀ": "ㄹ", "ㄻ": "ㅁ",
}  # fmt: skip
_ASPIRATED: Final = {"ㄱ": "ㅋ", "ㄷ": "ㅌ", "ㅂ": "ㅍ", "ㅈ": "ㅊ"}
_TENSE: Final = {"ㄱ": "ㄲ", "ㄷ": "ㄸ", "ㅂ": "ㅃ", "ㅅ": "ㅆ", "ㅈ": "ㅉ"}
_NASAL: Final = {"ㄱ": "ㅇ", "ㄷ": "ㄴ", "ㅂ": "ㅁ"}


@dataclass(slots=True)
class Syllable:
    """Onset, vowel and coda; a blank coda is none."""

    onset: str
    vowel: str
    coda: str


def of(character: str) -> Syllable:
    """The letters of a Hangul syllable."""
    index = ord(character) - 0xAC00
    return Syllable(ONSETS[index // 588], VOWELS[index % 588 // 28], CODAS[index % 28])


def assimilate(left: Syllable, right: Syllable | None, *, apart: bool) -> None:
    """Change the coda of ``left`` and the onset of ``right`` as they are spoken.

    Args:
        left: a syllable.
        right: the next one; None at the end of a phrase.
        apart: whether a space stands between; a consonant does not move across it.
    """
    if right is not None and not apart:
        _breathe(left, right)
        _link(left, right)
    tensing = right is not None and _NEUTRAL.get(left.coda, left.coda) in _NASAL
    left.coda = _NEUTRAL.get(left.coda, left.coda)
    if right is None:
        return
    if tensing and not apart:
        right.onset = _TENSE.get(right.onset, right.onset)
    _nasals_and_liquids(left, right)


def _parts(coda: str) -> tuple[str, str]:
    """What stays and what may move of a coda; a single consonant may move, and a blank stays."""
    cluster = _CLUSTERS.get(coda, " " + coda)
    return cluster[0], cluster[1]


def _breathe(left: Syllable, right: Syllable) -> None:
    """What *h* does on either side."""
    head, tail = _parts(left.coda)
    if tail == "ㅎ":
        if right.onset in _ASPIRATED:
            left.coda, right.onset = head, _ASPIRATED[right.onset]
        elif right.onset == "ㅅ":
            left.coda, right.onset = head, "ㅆ"
        elif right.onset == "ㅇ" or (right.onset == "ㄴ" and head != " "):
            left.coda = head
        elif right.onset == "ㄴ":
            left.coda = "ㄴ"
    elif right.onset == "ㅎ":
        stop = tail if tail in _ASPIRATED else _NEUTRAL.get(tail, "")
        if stop in _ASPIRATED:
            left.coda, right.onset = head, _ASPIRATED[stop]


def _link(left: Syllable, right: Syllable) -> None:
    """A coda before a vowel becomes its onset; before *i* a dental becomes palatal."""
    if right.onset != "ㅇ" or left.coda in (" ", "ㅇ"):
        return
    head, tail = _parts(left.coda)
    if right.vowel == "ㅣ" and tail in ("ㄷ", "ㅌ"):
        tail = {"ㄷ": "ㅈ", "ㅌ": "ㅊ"}[tail]
    elif head != " " and tail == "ㅅ":
        tail = "ㅆ"
    left.coda, right.onset = head, tail


def _nasals_and_liquids(left: Syllable, right: Syllable) -> None:
    if right.onset == "ㄹ" and left.coda in ("ㄱ", "ㄷ", "ㅂ", "ㅁ", "ㅇ"):
        right.onset = "ㄴ"
    if right.onset in ("ㄴ", "ㅁ"):
        left.coda = _NASAL.get(left.coda, left.coda)
    if {left.coda, right.onset} == {"ㄴ", "ㄹ"}:
        left.coda = right.onset = "ㄹ"
