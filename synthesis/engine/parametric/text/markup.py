"""Inline markup: the part of SSML that an author of plain text wants.

``<break time="300ms"/>``, ``<break strength="strong"/>``, ``<phoneme ph="HH AH0 L OW1">hello</phoneme>`` (ARPAbet). Other
tags are dropped and what they enclose is spoken. Nothing here parses XML: text is from outside, and a stray ``<`` is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from synthesis.engine.errors import EngineError
from synthesis.engine.parametric import phones as ph

MAX_BREAK_SECONDS: Final = 5.0
_STRENGTHS: Final = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.8, "x-strong": 1.2}
_TAG: Final = re.compile(r"<(?P<close>/?)(?P<name>[A-Za-z][\w:-]{0,30})(?P<attributes>[^<>]{0,400}?)/?>")
_ATTRIBUTE: Final = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


@dataclass(frozen=True, slots=True)
class Plain:
    """Text to be normalised."""

    text: str


@dataclass(frozen=True, slots=True)
class Break:
    """An explicit pause."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Phonemes:
    """A word given in phones."""

    text: str
    phones: tuple[str, ...]


Piece = Plain | Break | Phonemes


def pieces(text: str) -> Iterator[Piece]:
    """Split ``text`` at its tags.

    Raises:
        EngineError: code ``bad_markup`` for a pause or phones that cannot be read.
    """
    position = 0
    spelled: tuple[int, tuple[str, ...]] | None = None
    for tag in _TAG.finditer(text):
        name, attributes = tag["name"].lower(), _attributes(tag["attributes"])
        if name == "phoneme" and tag["close"] and spelled is not None:
            yield Phonemes(text[spelled[0] : tag.start()].strip(), spelled[1])
            spelled = None
        elif spelled is None:
            if tag.start() > position:
                yield Plain(text[position : tag.start()])
            if name == "break":
                yield Break(_seconds(attributes))
            elif name == "phoneme" and not tag["close"]:
                spelled = (tag.end(), _phones(attributes.get("ph", "")))
                if tag[0].endswith("/>"):
                    yield Phonemes("", spelled[1])
                    spelled = None
        position = tag.end()
    if spelled is not None:
        raise EngineError("bad_markup", "A <phoneme> tag is not closed.")
    if position < len(text):
        yield Plain(text[position:])


def _attributes(text: str) -> dict[str, str]:
    return {name.lower(): double or single for name, double, single in _ATTRIBUTE.findall(text)}


def _seconds(attributes: dict[str, str]) -> float:
    if "time" not in attributes:
        return _STRENGTHS.get(attributes.get("strength", "medium").lower(), _STRENGTHS["medium"])
    found = re.fullmatch(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*(ms|s)\s*", attributes["time"], re.IGNORECASE)
    if found is None:
        raise EngineError("bad_markup", 'A <break> needs time="500ms" or time="1.5s".')
    return min(float(found[1]) / (1000 if found[2].lower() == "ms" else 1), MAX_BREAK_SECONDS)


def _phones(text: str) -> tuple[str, ...]:
    symbols = tuple(text.upper().split())
    for symbol in symbols:
        phone, stress = ph.split_stress(symbol)
        if phone not in ph.PHONE_ID or phone == ph.SILENCE or stress > 2:
            raise EngineError("bad_markup", f"{symbol!r} is not an ARPAbet phone; one looks like AH0, T or NG.")
    if not symbols:
        raise EngineError("bad_markup", "A <phoneme> tag needs its phones in the attribute ph.")
    return symbols
