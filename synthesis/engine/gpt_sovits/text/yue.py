"""Cantonese by the readings of ToJyutping: an initial and a final with tone for each character.

A syllable without a consonant is cut after its vowels, or as the table says, and its last letter stands for the final:
the models' symbols were made so.
"""

from __future__ import annotations

import re
from typing import Final

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.text.symbols import MARKS
from synthesis.engine.gpt_sovits.text.zh.normaliser import normalise as _mandarin

_CONSONANTS: Final = ("gw", "kw", "ng", *"bpmfdtnlgkhwzcsj")
_VOCALIC: Final = ("ung", "ong", "aa", "ai", "au", "ap", "at", "ak", "on", "ou", "oi", "ok", "uk", "a", "e", "o")


def normalise(text: str) -> str:
    """As for Mandarin: simplified characters and marks."""
    return _mandarin(text, imitate=True)


def speak(norm: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Phones of normalised text and how many each character has.

    Raises:
        EngineError: ``dependency_missing`` without the extra ``languages``.
    """
    try:
        import ToJyutping
    except ImportError as error:
        raise EngineError("dependency_missing", "Cantonese needs the extra 'languages' (ToJyutping).") from error
    names: list[str] = []
    counts: list[int] = []
    for character, reading in ToJyutping.get_jyutping_list(norm):
        own = _phones(reading) if reading else [character if character in MARKS else "UNK"]
        names.extend(own)
        counts.append(len(own))
    return tuple(names), tuple(counts)


def _phones(reading: str) -> list[str]:
    plain, tone = re.fullmatch(r"([a-z]+)(\d?)", reading.split()[0]).groups()  # type: ignore[union-attr]  # jyutping is so
    initial = next((each for each in (*_CONSONANTS, *_VOCALIC) if plain.startswith(each)), plain)
    final = plain[len(initial) :] or initial[-1:]
    if initial == "ng" and not plain[2:]:
        final = "g"
    return [f"Y{initial}", f"Y{final}{tone}"]
