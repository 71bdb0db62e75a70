"""Draw the words of a challenge.

Words come from two lists, two and three syllables in turn, as in the PGP word list (Juola and Zimmermann 1996): a dropped,
repeated or swapped word breaks the alternation. English has lists of 256, so that six words carry 48 bits; the other
languages have lists of 128, and need seven.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from safeguards.challenge.errors import SentenceSupplyError, UnsupportedLanguageError
from safeguards.challenge.lexicon import lookup, tokens
from safeguards.challenge.recognisers import base_language, can_check, unsupported

_FOLDER = Path(__file__).parent / "words"
_MOST_BITS = 256
_LONG_WORD = 4  # phones from which a word of a sentence is judged on its own
_MIN_LONG_WORDS = 3


class Random(Protocol):
    """What is asked of a source of randomness; ``secrets.SystemRandom()`` and ``random.Random`` both have it."""

    def randrange(self, stop: int, /) -> int:
        """Uniform integer in [0, stop)."""


@dataclass(frozen=True, slots=True)
class WordLists:
    """Two alternating lists of one language, both of the same power-of-two size."""

    version: str
    even: tuple[str, ...]
    odd: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Both lists in a row."""
        return self.even + self.odd

    @property
    def bits_per_word(self) -> int:
        """What one drawn word carries."""
        return len(self.even).bit_length() - 1


def languages() -> list[str]:
    """Languages that have word lists."""
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


@lru_cache(maxsize=8)
def word_lists(language: str) -> WordLists:
    """The lists of a language, ``en`` or longer tags such as ``en-GB``.

    Raises:
        UnsupportedLanguageError: there are none.
    """
    base = base_language(language)
    if base not in languages():
        raise UnsupportedLanguageError(
            f"There are no challenge words for {language!r}. Languages with words: {', '.join(languages())}."
        )
    content = json.loads((_FOLDER / f"{base}.json").read_text(encoding="utf-8"))
    return WordLists(content["version"], tuple(content["even"]), tuple(content["odd"]))


def draw(language: str = "en", bits: int = 48, rng: Random | None = None) -> list[str]:
    """Random words carrying at least ``bits`` bits, alternating between the lists; no word comes twice.

    Args:
        language: language tag.
        bits: entropy wanted; leaving out repeats costs less than 0.2 bit.
        rng: defaults to the system's cryptographic source.

    Raises:
        UnsupportedLanguageError: no lists for the language, or no recogniser that could check them.
        ValueError: ``bits`` is not positive or more than the lists can give.
    """
    if not 0 < bits <= _MOST_BITS:
        raise ValueError(f"bits must lie in 1 to {_MOST_BITS}, got {bits}")
    lists = word_lists(language)
    if not can_check(language):
        raise unsupported(language)
    source = rng or secrets.SystemRandom()
    words: list[str] = []
    for place in range(-(-bits // lists.bits_per_word)):
        choices = [word for word in (lists.odd if place % 2 else lists.even) if word not in words]
        words.append(choices[source.randrange(len(choices))])
    return words


def draw_from_sentences(sentences: Sequence[str], rng: Random | None = None, n: int = 2) -> list[str]:
    """``n`` different sentences in random order, for a person of whom recordings of known sentences exist.

    Only sentences whose every long word the dictionary holds, and which have at least three long words, are drawn.

    Raises:
        SentenceSupplyError: fewer than ``n`` sentences are usable.
    """
    usable = [sentence for sentence in dict.fromkeys(sentences) if _checkable(sentence)]
    if len(usable) < n:
        raise SentenceSupplyError(f"{n} checkable sentences are needed, {len(usable)} of {len(sentences)} are.")
    source = rng or secrets.SystemRandom()
    return [usable.pop(source.randrange(len(usable))) for _ in range(n)]


def _checkable(sentence: str) -> bool:
    words = tokens(sentence)
    known = [word for word in words if lookup(word)]
    return len(known) == len(words) and sum(is_long(word) for word in words) >= _MIN_LONG_WORDS


def is_long(word: str) -> bool:
    """Whether a word has enough phones to be judged on its own."""
    variants = lookup(word)
    return bool(variants) and min(len(variant) for variant in variants) >= _LONG_WORD
