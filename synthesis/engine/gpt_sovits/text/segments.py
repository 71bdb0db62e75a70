"""Text in several languages to stretches of one language each, by script.

A Han character does not say whether it is Chinese or Japanese: kana in the same sentence makes it Japanese, Hangul Korean,
and otherwise the tag decides. Marks, spaces and figures belong to the stretch before them, or to the one after at the
beginning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from synthesis.engine.errors import EngineError

LANGUAGES: Final = ("zh", "en", "ja", "ko", "yue")
TAGS: Final = (*LANGUAGES, "all_zh", "all_ja", "all_ko", "all_yue", "auto", "auto_yue")

_LATIN: Final = "A-Za-zÀ-ɏ"
_KANA: Final = "぀-ヿㇰ-ㇿｦ-ﾟ"
_HANGUL: Final = "ᄀ-ᇿ㄰-㆏가-힯"
_HAN: Final = "㐀-䶿一-鿿豈-﫿々〇\U00020000-\U000323af"
_SCRIPT: Final = re.compile(
    rf"(?P<latin>[{_LATIN}])|(?P<kana>[{_KANA}])|(?P<hangul>[{_HANGUL}])|(?P<han>[{_HAN}])|(?P<digit>\d)"
)
_SENTENCE: Final = re.compile(r"[^。．！？!?\n]*[。．！？!?\n]+|[^。．！？!?\n]+")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one language; the texts of all segments joined are the whole text."""

    text: str
    language: str


def segments(text: str, tag: str) -> list[Segment]:
    """The stretches of ``text``; neighbours differ in language.

    Args:
        text: any; an empty one gives no stretch.
        tag: ``zh``, ``ja``, ``ko``, ``yue``: that language with English in it; ``all_zh`` and so on: the same, and figures
            are never English; ``en``: everything English; ``auto``, ``auto_yue``: by script, Han as Mandarin or Cantonese.

    Raises:
        EngineError: ``language_unsupported`` for any other tag.
    """
    if tag not in TAGS:
        raise EngineError(
            "language_unsupported", f"There is no language tag {tag[:20]!r}; there are {', '.join(TAGS)}."
        )
    if tag == "en":
        return [Segment(text, "en")] if text else []
    found: list[Segment] = []
    for sentence in _SENTENCE.findall(text):
        for piece in _of_sentence(sentence, tag):
            _append(found, piece)
    return _lead(found)


def _append(found: list[Segment], piece: Segment) -> None:
    if found and found[-1].language in (piece.language, ""):
        found[-1] = Segment(found[-1].text + piece.text, piece.language)
    elif found and not piece.language:
        found[-1] = Segment(found[-1].text + piece.text, found[-1].language)
    else:
        found.append(piece)


def _lead(found: list[Segment]) -> list[Segment]:
    """A text of marks and figures alone is in the language that they can be read in."""
    return [piece if piece.language else Segment(piece.text, "en") for piece in found]


def _of_sentence(sentence: str, tag: str) -> list[Segment]:
    base, fixed = _base(sentence, tag)
    pieces: list[Segment] = []
    for character in sentence:
        script = _SCRIPT.match(character)
        kind = script.lastgroup if script else None
        if kind == "latin":
            language = "en"
        elif kind in ("han", "kana", "hangul"):
            language = base if fixed else {"kana": "ja", "hangul": "ko"}.get(kind, base)
        elif kind == "digit" and (fixed and tag.startswith("all_")):
            language = base
        elif kind == "digit" and not pieces:
            language = "" if re.search(rf"[{_LATIN}{_HAN}{_KANA}{_HANGUL}]", sentence) else base
        else:
            language = ""
        _append(pieces, Segment(character, language))
    return pieces


def _base(sentence: str, tag: str) -> tuple[str, bool]:
    """The language of Han characters in a sentence, and whether kana and Hangul are taken for it too."""
    if not tag.startswith("auto"):
        return tag.removeprefix("all_"), True
    if re.search(f"[{_KANA}]", sentence):
        return "ja", False
    if re.search(f"[{_HANGUL}]", sentence):
        return "ko", False
    return ("yue" if tag == "auto_yue" else "zh"), False
