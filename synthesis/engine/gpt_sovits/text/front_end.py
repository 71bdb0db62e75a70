"""Text to the phones that the models read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.text import segments as scripts
from synthesis.engine.gpt_sovits.text import symbols
from synthesis.engine.gpt_sovits.text.symbols import Version
from synthesis.engine.gpt_sovits.text.zh.readings import Polyphones

_FEWEST: Final = 6  # of phones; a shorter utterance is spoken with a full stop in front
_SPECIAL: Final = {"￥": "SP2", "^": "SP3"}
_V1: Final = ("zh", "en", "ja")


@dataclass(frozen=True, slots=True)
class Phones:
    """A stretch of one language, ready for the models.

    Attributes:
        ids: numbers of the symbols.
        names: the symbols.
        word2ph: how many phones each character of ``norm`` has, for languages whose text has BERT features (zh) or is
            written one character a syllable (yue); None for the others.
        norm: the text as it is spoken.
        language: ``zh``, ``en``, ``ja``, ``ko`` or ``yue``.
    """

    ids: tuple[int, ...]
    names: tuple[str, ...]
    word2ph: tuple[int, ...] | None
    norm: str
    language: str


def phones(
    text: str,
    language: str,
    *,
    version: Version = "v2",
    polyphones: Polyphones | None = None,
    imitate: bool = False,
) -> Phones:
    """Phones of text in one language; none when it has nothing that can be spoken in it.

    Args:
        text: as written.
        language: ``zh``, ``en``, and with the extra ``languages`` ``ja``, ``ko`` and ``yue``.
        version: of the models' symbols; v1 has neither ``ko`` nor ``yue``.
        polyphones: decides Chinese readings by the sentence; None leaves them to pypinyin.
        imitate: do as upstream where it is at fault, for comparison.

    Raises:
        EngineError: ``language_unsupported``, ``dependency_missing``.
    """
    if language not in scripts.LANGUAGES or (version == "v1" and language not in _V1):
        raise EngineError("language_unsupported", f"Models of {version} do not speak {language[:20]!r}.")
    # Half of a surrogate pair is no character, and nothing says it.
    text = text.encode("utf-8", "ignore").decode("utf-8")
    word2ph: tuple[int, ...] | None = None
    if language == "zh":
        names, word2ph, norm = _mandarin(text, version, polyphones, imitate=imitate)
    elif language == "en":
        from synthesis.engine.gpt_sovits.text.en import speak as english

        norm = english.normalise(text, imitate=imitate)
        names = english.speak(norm, imitate=imitate)
    elif language == "yue":
        from synthesis.engine.gpt_sovits.text import yue

        norm = yue.normalise(text)
        names, word2ph = yue.speak(norm)
    elif language == "ja":
        from synthesis.engine.gpt_sovits.text import ja

        norm = ja.normalise(text)
        names = ja.speak(norm)
    else:
        from synthesis.engine.gpt_sovits.text.ko import speak as korean

        norm = text
        names = korean.speak(norm)
    names = tuple(name if symbols.known(name, version) else symbols.UNKNOWN for name in names)
    return Phones(symbols.ids(names, version), names, word2ph, norm, language)


def _mandarin(
    text: str, version: Version, polyphones: Polyphones | None, *, imitate: bool
) -> tuple[tuple[str, ...], tuple[int, ...], str]:
    from synthesis.engine.gpt_sovits.text.zh import speak as mandarin
    from synthesis.engine.gpt_sovits.text.zh.normaliser import normalise

    special = next((sign for sign in _SPECIAL if sign in text), "")
    if special:
        # A pause of its own stands where the sign does; every comma becomes one with it, as in training.
        text = text.replace(special, ",")
    norm = normalise(text, imitate=imitate)
    spoken = mandarin.speak(norm, version=version, polyphones=polyphones, corrected=not imitate, imitate=imitate)
    names = tuple(_SPECIAL[special] if special and name == "," else name for name in spoken.names)
    return names, spoken.word2ph, norm


def speak(
    text: str,
    tag: str,
    *,
    version: Version = "v2",
    polyphones: Polyphones | None = None,
    imitate: bool = False,
) -> list[Phones]:
    """Phones of one piece of text in one or several languages, stretch by stretch, in order.

    A piece of fewer than six phones is spoken with a full stop in front; otherwise the models swallow it. Empty when the
    piece has nothing that can be spoken.

    Args:
        text: one piece, as ``split.pieces`` makes it.
        tag: of ``segments.TAGS``.
        version: of the models' symbols.
        polyphones: as for ``phones``.
        imitate: as for ``phones``.

    Raises:
        EngineError: ``language_unsupported``, ``dependency_missing``.
    """
    found = stretches(text, tag, version=version, polyphones=polyphones, imitate=imitate)
    if not imitate:
        return long_enough(found, version)
    if _count(found) >= _FEWEST:
        return found
    return stretches("." + text, tag, version=version, polyphones=polyphones, imitate=True)


def stretches(
    text: str,
    tag: str,
    *,
    version: Version = "v2",
    polyphones: Polyphones | None = None,
    imitate: bool = False,
) -> list[Phones]:
    """As ``speak``, whatever the length, for text that stands between others in one piece."""
    text = re.sub(r" {2,}", " ", text)
    found = [
        phones(piece.text, piece.language, version=version, polyphones=polyphones, imitate=imitate)
        for piece in scripts.segments(text, tag)
    ]
    return [stretch for stretch in found if stretch.names or imitate]


def long_enough(found: list[Phones], version: Version) -> list[Phones]:
    """A piece as the models can speak it: none without a sound, a short one with a full stop in front."""
    if not any(name not in symbols.MARKS and name != symbols.UNKNOWN for stretch in found for name in stretch.names):
        return []
    if _count(found) < _FEWEST and found[0].names[0] != ".":
        return [_with_pause(found[0], version), *found[1:]]
    return found


def given(names: tuple[str, ...], text: str, *, version: Version = "v2") -> Phones:
    """Phones that an author gave for ``text``; Han characters with as many syllables keep their BERT features."""
    han = text.strip()
    syllabic = re.fullmatch(r"[一-龥]+", han) is not None and len(names) == 2 * len(han)
    word2ph = (2,) * len(han) if syllabic else None
    language = "zh" if syllabic else "en"
    return Phones(symbols.ids(names, version), names, word2ph, han, language)


def _count(found: Iterable[Phones]) -> int:
    return sum(len(stretch.ids) for stretch in found)


def _with_pause(stretch: Phones, version: Version) -> Phones:
    names = (".", *stretch.names)
    word2ph = None if stretch.word2ph is None else (1, *stretch.word2ph)
    return Phones(symbols.ids(names, version), names, word2ph, "." + stretch.norm, stretch.language)


@lru_cache(maxsize=4)
def polyphones_from(folder: Path, bert: Path | None = None) -> Polyphones:
    """A G2PW model from its folder, loaded once a process; ``bert`` is where the tokens are, if elsewhere.

    Raises:
        EngineError: ``model_unreadable``.
    """
    from synthesis.engine.gpt_sovits.text.zh.g2pw import G2PW

    return G2PW(folder, bert)
