"""Pronunciations from the dictionary beside the acoustic model (CMUdict, North American English)."""

from __future__ import annotations

import re
from functools import lru_cache

from safeguards.challenge.acoustic_model import model_folder

Pronunciation = tuple[str, ...]

_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)*")
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@lru_cache(maxsize=1)
def pronunciations() -> dict[str, tuple[Pronunciation, ...]]:
    """Every word of the dictionary with all its pronunciations, the usual one first."""
    entries: dict[str, list[Pronunciation]] = {}
    with (model_folder() / "cmudict-en-us.dict").open(encoding="utf-8") as lines:
        for line in lines:
            head, *phones = line.split()
            entries.setdefault(head.partition("(")[0], []).append(tuple(phones))
    return {word: tuple(variants) for word, variants in entries.items()}


def tokens(text: str) -> list[str]:
    """Lower-case words of a text; digits are read one by one, other signs are dropped."""
    spoken = re.sub(r"\d", lambda digit: f" {_DIGITS[int(digit.group())]} ", text.lower().replace("’", "'"))
    return _TOKEN.findall(spoken)


def lookup(word: str) -> tuple[Pronunciation, ...]:
    """Pronunciations of one lower-case word; empty when the dictionary does not hold it."""
    known = pronunciations().get(word, ())
    if not known and word.endswith("'s"):
        known = tuple((*variant, "Z") for variant in pronunciations().get(word[:-2], ()))
    return known


# One rough phone for each letter: enough to place a name that the dictionary lacks, not to judge it.
_LETTERS = {
    "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH", "k": "K",
    "l": "L", "m": "M", "n": "N", "o": "OW", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "UH", "v": "V",
    "w": "W", "x": "K", "y": "IY", "z": "Z",
}  # fmt: skip


def spell(word: str) -> Pronunciation:
    """A rough pronunciation from the letters; doubled letters count once."""
    phones = [_LETTERS[letter] for letter in word if letter in _LETTERS]
    merged = [phone for place, phone in enumerate(phones) if place == 0 or phone != phones[place - 1]]
    return tuple(merged) or ("AH",)
