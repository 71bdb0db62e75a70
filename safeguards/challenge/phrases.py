"""Draw the words of a challenge.

English words come from two lists of 256, two and three syllables in turn, as in the PGP word list (Juola and
Zimmermann 1996): a dropped, repeated or swapped word breaks the alternation. Six words carry 48 bits.
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
from safeguards.challenge.recognisers import base_language, is_english, recogniser_for

_FOLDER = Path(__file__).parent / "words"
_BITS_PER_WORD = 8
_LONG_WORD = 4  # phones from which a word of a sentence is judged on its own
_MIN_LONG_WORDS = 3


class Random(Protocol):
    """What is asked of a source of randomness; ``secrets.SystemRandom()`` and ``random.Random`` both have it."""

    def randrange(self, stop: int, /) -> int:
        """Uniform integer in [0, stop)."""


@dataclass(frozen=True, slots=True)
class WordLists:
    """Two alternating lists of one language, each of a power-of-two size."""

    version: str
    even: tuple[str, ...]
    odd: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Both lists in a row."""
        return self.even + self.odd


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
        bits: entropy wanted; 8 per word, so 48 gives six words. Leaving out repeats costs less than 0.1 bit.
        rng: defaults to the system's cryptographic source.

    Raises:
        UnsupportedLanguageError: no lists for the language, or no recogniser that could check them.
        ValueError: ``bits`` is not positive or more than the lists can give.
    """
    if not 0 < bits <= 32 * _BITS_PER_WORD:
        raise ValueError(f"bits must lie in 1 to {32 * _BITS_PER_WORD}, got {bits}")
    lists = word_lists(language)
    if not is_english(language):
        recogniser_for(language)
    source = rng or secrets.SystemRandom()
    words: list[str] = []
    for place in range(-(-bits // _BITS_PER_WORD)):
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
