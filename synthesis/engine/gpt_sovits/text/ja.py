"""Japanese by pyopenjtalk: phones with pitch marks.

``[`` rises, ``]`` falls, after the mora where it happens (Kurihara, Seiyama and Kumano 2021, "Prosodic features control by
symbols as input of sequence-to-sequence acoustic modeling for neural TTS"). The border of an accent phrase has no symbol
of its own in the models and is ``UNK``, as in their training.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from synthesis.engine.errors import EngineError

_SPOKEN: Final = re.compile(r"[A-Za-z\d々぀-ヿ一-鿿０-９Ａ-Ｚａ-ｚｦ-ﾝ]+")
_MARKS: Final = {
    "：": ",",
    "；": ",",
    "，": ",",
    "、": ",",
    "·": ",",
    "。": ".",
    "！": "!",
    "？": "?",
    "\n": ".",
    "...": "…",
}
_LABEL: Final = re.compile(
    r"\-(?P<phone>[^+]+)\+.*/A:(?P<a1>-?\d+|xx)\+(?P<a2>\d+|xx)\+(?P<a3>\d+|xx)/.*/F:(?P<f1>\d+|xx)_"
)


def normalise(text: str) -> str:
    """Percent signs as words; of several marks in a row the first."""
    text = text.replace("％", "パーセント").replace("%", "パーセント").replace("...", "…")
    return re.sub(r"([、。！？…!?,.])\1+", r"\1", text)


def speak(norm: str) -> tuple[str, ...]:
    """Phones of normalised text.

    Raises:
        EngineError: ``dependency_missing`` without the extra ``languages``.
    """
    names: list[str] = []
    start = 0
    for match in _SPOKEN.finditer(norm):
        names.extend(_marks(norm[start : match.start()]))
        names.extend(_prosody([_fields(label) for label in _labels(match[0])]))
        start = match.end()
    return (*names, *_marks(norm[start:]))


def _marks(text: str) -> list[str]:
    return [
        _MARKS.get(character, character)
        for character in text
        if not character.isspace() and unicodedata.category(character)[0] == "P"
    ]


@cache
def _openjtalk() -> Any:
    try:
        import pyopenjtalk
    except ImportError as error:
        raise EngineError("dependency_missing", "Japanese needs the extra 'languages' (pyopenjtalk-plus).") from error
    return pyopenjtalk


def _labels(text: str) -> list[str]:
    module = _openjtalk()
    return list(module.make_label(module.run_frontend(text)))


class _Fields:
    """What a full-context label says of its phone: the name, and where in the accent phrase its mora stands."""

    __slots__ = ("accent", "backward", "forward", "length", "phone")

    def __init__(self, phone: str, accent: int, forward: int, backward: int, length: int) -> None:
        self.phone, self.accent, self.forward, self.backward, self.length = phone, accent, forward, backward, length


def _fields(label: str) -> _Fields:
    match = _LABEL.search(label)
    if match is None:
        raise EngineError("text_unreadable", "The Japanese analyser gave a label of another form.")
    numbers = [-50 if match[name] == "xx" else int(match[name]) for name in ("a1", "a2", "a3", "f1")]
    phone = match["phone"]
    return _Fields(phone.lower() if phone in "AEIOU" else phone, *numbers)


def _prosody(fields: Sequence[_Fields]) -> list[str]:
    names: list[str] = []
    for here, after in zip(fields, [*fields[1:], None], strict=True):
        if here.phone == "sil":
            continue
        if here.phone == "pau":
            names.append("_")
            continue
        names.append(here.phone)
        if after is None or after.phone in ("sil", "pau"):
            continue
        mora_ends = here.phone in "aeiou" or here.phone in ("N", "cl")
        if here.backward == 1 and after.forward == 1 and mora_ends:
            names.append("#")
        elif here.accent == 0 and after.forward == here.forward + 1 and here.forward != here.length:
            names.append("]")
        elif here.forward == 1 and after.forward == 2:
            names.append("[")
    return names
