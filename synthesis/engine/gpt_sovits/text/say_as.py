"""``<say-as>``: how a written form is to be taken, rewritten so that the normalisers read it so."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from synthesis.engine.gpt_sovits.text.en import pronounce
from synthesis.engine.gpt_sovits.text.zh import numbers as mandarin
from synthesis.engine.parametric.text import numbers as english

MEANINGS: Final = (
    "characters", "spell-out", "digits", "telephone", "cardinal", "number", "ordinal", "date", "time", "fraction", "unit",
    "currency", "verbatim", "expletive",
)  # fmt: skip

SPELLED: Final = ("characters", "spell-out", "verbatim")


def spoken(text: str, meaning: str, language: str | None) -> str:
    """The text as it is to be read.

    A meaning that is unknown, or does not fit the text, leaves the text as it is: SSML asks for that (3.1.9).

    Args:
        text: inside the element.
        meaning: of the attribute ``interpret-as``.
        language: tag; None is judged by the text's script.
    """
    chinese = (language or ("zh" if re.search("[一-鿿]", text) else "en")).endswith(("zh", "yue"))
    readers: dict[str, Callable[[str, bool], str]] = {
        "characters": _characters,
        "spell-out": _characters,
        "verbatim": _characters,
        "digits": _digits,
        "telephone": _telephone,
        "cardinal": _cardinal,
        "number": _cardinal,
        "ordinal": _ordinal,
    }
    return readers[meaning](text, chinese) if meaning in readers else text


def letters(text: str, meaning: str) -> tuple[str, ...]:
    """Phones of the names of English letters and figures; none where the meaning or the text is another."""
    if meaning not in SPELLED or re.search("[^\x00-\x7f]", text):
        return ()
    names: list[str] = []
    for character in text.lower():
        if "a" <= character <= "z":
            names.extend(pronounce.letter(character))
        elif character.isdigit():
            names.extend(pronounce.single(english.digits(character)))
    return tuple(names)


def _characters(text: str, chinese: bool) -> str:
    return f" {' '.join(_digits(c, chinese) if c.isascii() and c.isdigit() else c for c in text if not c.isspace())} "


def _digits(text: str, chinese: bool) -> str:
    return mandarin.digits(text) if chinese else english.digits(text)


def _telephone(text: str, chinese: bool) -> str:
    groups = re.findall(r"\d+", text)
    if not groups:
        return text
    if chinese:
        return "，".join(mandarin.digits(group, telephone=True) for group in groups)
    return ", ".join(english.digits(group) for group in groups)


def _cardinal(text: str, chinese: bool) -> str:
    digits = re.sub(r"[,\s]", "", text)
    if not re.fullmatch(r"[0-9]{1,15}", digits):
        return text
    return mandarin.cardinal(digits) if chinese else english.cardinal(int(digits))


def _ordinal(text: str, chinese: bool) -> str:
    digits = re.sub(r"\D", "", text)
    if not re.fullmatch(r"[0-9]{1,15}", digits):
        return text
    return f"第{mandarin.cardinal(digits)}" if chinese else english.ordinal(int(digits))
