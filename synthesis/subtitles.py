"""Word times as subtitles: SubRip and WebVTT (W3C), in lines that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 42  # characters in a line, as broadcasters advise
_GAP_S: Final = 0.6


@dataclass(frozen=True, slots=True)
class Word:
    """A word and when it is heard, in seconds from the beginning of the clip."""

    text: str
    start: float
    end: float


def lines(words: Sequence[Word]) -> list[Word]:
    """Words gathered into lines: a pause or 42 characters end one. Signs of scripts without spaces are put side by side."""
    found: list[Word] = []
    for word in words:
        if found and word.start - found[-1].end < _GAP_S:
            text = _beside(found[-1].text, word.text)
            if len(text) <= _LONGEST:
                found[-1] = Word(text, found[-1].start, word.end)
                continue
        found.append(word)
    return found


def srt(words: Sequence[Word]) -> str:
    """SubRip."""
    blocks = [
        f"{number}\n{_stamp(line.start, ',')} --> {_stamp(line.end, ',')}\n{line.text}\n"
        for number, line in enumerate(lines(words), 1)
    ]
    return "\n".join(blocks)


def vtt(words: Sequence[Word]) -> str:
    """WebVTT."""
    blocks = [
        f"{_stamp(line.start, '.')} --> {_stamp(line.end, '.')}\n{_escaped(line.text)}\n" for line in lines(words)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _beside(left: str, right: str) -> str:
    spaced = not (_wide(left[-1]) and _wide(right[0]))
    return f"{left} {right}" if spaced else left + right


def _wide(sign: str) -> bool:
    return "\u3040" <= sign <= "\u9fff" or sign >= "\U00020000"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _stamp(seconds: float, point: str) -> str:
    millis = round(seconds * 1000)
    return f"{millis // 3_600_000:02}:{millis // 60_000 % 60:02}:{millis // 1000 % 60:02}{point}{millis % 1000:03}"
