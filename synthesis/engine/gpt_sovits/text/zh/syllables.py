"""Pinyin syllables to the initial and final that the models know.

The finals tell apart what pinyin writes with one letter: *i* after z c s (``i0``), after zh ch sh r (``ir``) and
elsewhere (``i``); *u* after j q x y is ``v``; *yan* and *ye* have the front vowels ``En`` and ``E``. A syllable without a
consonant begins with a silent symbol of its vowel: ``AA``, ``EE``, ``OO``.
"""

from __future__ import annotations

from typing import Final

_TWO: Final = ("zh", "ch", "sh")
_ONE: Final = "bpmfdtnlgkhjqxrzcsyw"
_SILENT: Final = {"a": "AA", "e": "EE", "o": "OO"}
# Interjections that pypinyin writes without a vowel, or with one that pinyin lacks.
_SPELLED: Final = {"ê": "ei", "m": "mu", "n": "en", "ng": "en", "hm": "heng", "hng": "heng"}


def split_tone(pinyin: str) -> tuple[str, int]:
    """``"hao3"`` is ``("hao", 3)``; a syllable without a figure has the neutral tone, 5."""
    if pinyin[-1:].isdigit():
        return pinyin[:-1], int(pinyin[-1])
    return pinyin, 5


def split(syllable: str) -> tuple[str, str]:
    """Initial and final of a toneless syllable in lower case with ``v`` or ``ü`` for the front rounded vowel.

    Raises:
        ValueError: when it does not begin like one; whether the final exists, the table of symbols says.
    """
    plain = _SPELLED.get(syllable, syllable).replace("ü", "v").replace("u:", "v")
    initial = next((two for two in _TWO if plain.startswith(two)), plain[:1] if plain[:1] in _ONE else "")
    if not initial:
        if plain[:1] not in _SILENT:
            raise ValueError(f"{syllable!r} is not a pinyin syllable")
        return _SILENT[plain[0]], plain
    final = plain[len(initial) :]
    if not final:
        raise ValueError(f"{syllable!r} is not a pinyin syllable")
    return initial, _fitted(initial, final)


def _fitted(initial: str, final: str) -> str:
    if final == "i" and initial in ("z", "c", "s"):
        return "i0"
    if final == "i" and initial in ("zh", "ch", "sh", "r"):
        return "ir"
    if initial in ("j", "q", "x", "y") and final in ("u", "ue", "uan", "un"):
        return "v" + final[1:]
    if initial in ("n", "l") and final == "ue":
        return "ve"
    if initial == "y":
        return {"an": "En", "e": "E"}.get(final, final)
    return final
