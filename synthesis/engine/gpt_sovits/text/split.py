"""Long text to pieces that are spoken one by one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from synthesis.engine.errors import EngineError

ENDS: Final = frozenset("，。？！,.?!~:：—…")  # what may end a piece
MAX_CHARACTERS: Final = 510  # of a piece: the language model's positions
_SHORTEST: Final = 5
_OPENING: Final = 4  # a shorter first stretch gets a mark in front, so that its sound does not get lost
_CUT_MARKS: Final = ",.;?!、，。？！：…"
_AFTER_MARK: Final = re.compile(r"(?<=[，。？！,.?!~:：—…])")


def squeeze(text: str) -> str:
    """Of several half-width marks in a row the first is kept: repeated silence lets the reference's words leak in."""
    return re.sub(r"([!?…,.\-])[!?…,.\-]+", r"\1", text)


def _sentences(text: str) -> list[str]:
    text = text.replace("……", "。").replace("——", "，")
    if text[-1:] not in ENDS:
        text += "。"
    return [part for part in _AFTER_MARK.split(text) if part]


def _whole(text: str) -> list[str]:
    return [text]


def _fours(text: str) -> list[str]:
    """Four stretches at a time; what is left over joins the last four."""
    parts = _sentences(text)
    starts = list(range(0, len(parts), 4))[:-1]
    if not starts:
        return [text]
    ends = [*starts[1:], len(parts)]
    return ["".join(parts[start:end]) for start, end in zip(starts, ends, strict=True)]


def _fifties(text: str) -> list[str]:
    """At least fifty characters each; a shorter rest joins the piece before."""
    parts = _sentences(text)
    if len(parts) < 2:
        return [text]
    grown: list[str] = [""]
    for part in parts:
        if len(grown[-1]) > 50:
            grown.append("")
        grown[-1] += part
    if len(grown) > 1 and len(grown[-1]) < 50:
        grown[-2:] = [grown[-2] + grown[-1]]
    return grown


def _chinese_stops(text: str) -> list[str]:
    return text.strip("。").split("。")


def _english_stops(text: str) -> list[str]:
    return re.split(r"(?<!\d)\.(?!\d)", text.strip("."))


def _every_mark(text: str) -> list[str]:
    """At every mark, but not at a full stop between figures."""
    parts: list[str] = []
    start = 0
    for match in re.finditer(f"[{_CUT_MARKS}]", text):
        between = text[match.start() - 1 : match.start()].isdigit() and text[match.end() : match.end() + 1].isdigit()
        if match[0] == "." and between:
            continue
        parts.append(text[start : match.end()])
        start = match.end()
    parts.append(text[start:])
    return [part for part in parts if part.strip(_CUT_MARKS)]


_METHODS: Final[dict[str, Callable[[str], list[str]]]] = {
    "cut0": _whole,
    "cut1": _fours,
    "cut2": _fifties,
    "cut3": _chinese_stops,
    "cut4": _english_stops,
    "cut5": _every_mark,
}
METHODS: Final = tuple(_METHODS)


def split(text: str, method: str) -> list[str]:
    """Cut text: ``cut0`` not at all, ``cut1`` every four stretches, ``cut2`` about fifty characters, ``cut3`` at ``。``,
    ``cut4`` at ``.``, ``cut5`` at every mark. Lines are pieces too.

    Raises:
        EngineError: ``unknown_split``.
    """
    if method not in _METHODS:
        raise EngineError(
            "unknown_split", f"There is no way {method[:20]!r} to cut a text; there are {', '.join(METHODS)}."
        )
    if not text.strip("\n"):
        return []
    cut = _METHODS[method](text.strip("\n"))
    return [line for part in cut for line in part.split("\n")]


def pieces(text: str, language: str, method: str = "cut5", *, imitate: bool = False) -> list[str]:
    """Pieces ready to be spoken: short ones joined, each ended by a mark, none longer than ``MAX_CHARACTERS``.

    Empty when nothing in ``text`` is a letter or a figure.

    Args:
        text: any.
        language: tag; it chooses the mark that is put where one lacks.
        method: of ``split``.
        imitate: leave an over-long stretch without marks whole, as upstream does.
    """
    text = text.strip("\n")
    end = "." if language == "en" else "。"
    if not text:
        return []
    first = re.split(r"[，。？！,.?!~:：—…]", text)[0].strip()
    if text[0] not in ENDS and len(first) < _OPENING:
        text = end + text
    found: list[str] = []
    for piece in _joined([part for part in split(text, method) if part not in ("", " ")]):
        if not re.search(r"\w", piece):
            continue
        ended = piece if piece[-1] in ENDS else piece + end
        found.extend([ended] if len(ended) <= MAX_CHARACTERS else _bounded(ended, imitate=imitate))
    return found


def _joined(parts: list[str]) -> list[str]:
    """Parts of fewer than five characters join their successor, the last its predecessor."""
    if len(parts) < 2:
        return parts
    joined: list[str] = []
    pending = ""
    for part in parts:
        pending += part
        if len(pending) >= _SHORTEST:
            joined.append(pending)
            pending = ""
    if pending:
        joined[-1:] = ["".join([*joined[-1:], pending])]
    return joined


def _bounded(piece: str, *, imitate: bool) -> list[str]:
    """At marks, as few cuts as will do; a stretch without marks is cut hard."""
    parts = re.split(r"([，。？！,.?!~:：—…])", piece)
    if imitate:
        grown = [""]
        for part in parts:
            if len(grown[-1]) + len(part) > MAX_CHARACTERS:
                grown.append("")
            grown[-1] += part
        return grown
    bounded = [""]
    for part in _AFTER_MARK.split(piece):
        if len(bounded[-1]) + len(part) > MAX_CHARACTERS and bounded[-1]:
            bounded.append("")
        while len(part) > MAX_CHARACTERS:
            bounded[-1], part = part[:MAX_CHARACTERS], part[MAX_CHARACTERS:]
            bounded.append("")
        bounded[-1] += part
    return [part for part in bounded if re.search(r"\w", part)]
