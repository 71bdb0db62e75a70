"""English text to phones."""

from __future__ import annotations

import re
from typing import Final

from synthesis.engine.gpt_sovits.text.en import imitated, pronounce
from synthesis.engine.gpt_sovits.text.symbols import MARKS
from synthesis.engine.parametric.text.normaliser import normalise as _spoken

_FEWEST: Final = 4  # of phones; upstream puts a pause before a shorter stretch, in mid-sentence too
_MARK: Final = {".": ".", "。": ".", "!": "!", "！": "!", "?": "?", "？": "?"}  # any other is a comma
_LEADING: Final = re.compile(r"\s*([,;:.?!，。；：！？、])")
_TRAILING: Final = re.compile(r"([,;:.?!，。；：！？、])\s*$")
# The letter A and not the article: beside another letter, or at the end of a stretch.
_LETTER_A: Final = re.compile(
    r"(?<=\b[B-Z]\s)A\b(?!')|\bA(?=\s[A-Z]\b(?!'))|\bA(?=\s*(?:[,;:.!?，。；：！？、)]|$))(?!\.\w)"
)
_WORDS: Final = frozenset(("OK", "NO", "GO", "HI", "YES", "NOW", "NEW", "HEY", "BYE", "WOW", "OH", "AH", "SO", "THE"))
_FOREIGN: Final = re.compile(r"[\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7af]+")  # letters that no English word has
_A: Final = "xletterax"  # stands for it while the rules run
_JOINED: Final = frozenset("mc mac de la le di van o".split())  # noqa: SIM905 - MacDonald stays one word


def normalise(text: str, *, imitate: bool = False) -> str:
    """Words and marks as they will be spoken; may be empty.

    The default writes lower-case words, letters' names as ``_x_``, and the marks ``, . ? !``.
    """
    if imitate:
        return imitated.normalise(text)
    lettered = _LETTER_A.sub(f" {_A} ", _initials(_FOREIGN.sub(" ", text)))
    parted = re.sub(r"\b([A-Za-z]?[a-z]+)(?=[A-Z]{2,}\b|[A-Z][a-z])", _part_capitals, lettered)
    spoken = re.sub(rf"\b{_A}\b", "_a_", re.sub(r"[;:]", ",", _spoken(parted)))
    closed = not spoken or spoken[-1] in MARKS
    return _edge(_LEADING.match(text)) + spoken + _edge(None if closed else _TRAILING.search(text))


def _initials(text: str) -> str:
    """Initials that stand alone among another language, where nothing says whether capitals are shouting."""
    if re.search("[a-z]", text) or len(text.split()) > 2:
        return text
    return re.sub(r"\b[A-Z]{2,3}\b", lambda match: match[0] if match[0] in _WORDS else " ".join(match[0]), text)


def _edge(match: re.Match[str] | None) -> str:
    """A mark at an end, which the normaliser of whole sentences drops."""
    return _MARK.get(match[1], ",") if match else ""


def _part_capitals(match: re.Match[str]) -> str:
    return match[0] if match[0].lower() in _JOINED else match[0] + " "


def speak(norm: str, *, imitate: bool = False) -> tuple[str, ...]:
    """Phones of normalised text."""
    names = _imitated(norm) if imitate else _clauses(re.findall(r"_[a-z]_(?:'s)?|[a-z']+|[,.?!]", norm))
    if imitate and len(names) < _FEWEST:
        names.insert(0, ",")
    return tuple(names)


def _clauses(parts: list[str], *, imitate: bool = False) -> list[str]:
    names: list[str] = []
    words: list[str] = []
    for part in [*parts, ""]:
        if part and part not in MARKS and part != "'":
            words.append(part)
            continue
        names.extend(symbol for phones in pronounce.clause(tuple(words), imitate=imitate) for symbol in phones)
        words.clear()
        if part:
            names.append("-" if part == "'" else part)
    return names


def _imitated(norm: str) -> list[str]:
    """An "A" in capitals is the letter, wherever it stands; a lone apostrophe is a dash; ``example.org`` is one word."""
    parts = re.findall(r"[A-Za-z]{2,}(?:\.[A-Za-z]{2,})+|[A-Za-z]+(?:['-][A-Za-z]+)*|[.,?!…'-]", norm)
    return _clauses(["_a_" if part == "A" else part.lower() for part in parts], imitate=True)
