"""Text to phrases: words with their phones, ended by a mark or a pause."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from synthesis.engine.errors import EngineError
from synthesis.engine.parametric.text import markup
from synthesis.engine.parametric.text.lexicon import FUNCTION_WORDS, Lexicon, Pronunciation
from synthesis.engine.parametric.text.normaliser import normalise

SENTENCE_ENDS: Final = frozenset(".?!")
_BREAK_BEFORE: Final = frozenset(
    "and but or because which that when while if so where who after before until".split()  # noqa: SIM905 - a list of words reads as text
)
# Scripts in which whole languages are written that this engine has no model for. Dropping them would change what is said.
_OTHER_SCRIPT: Final = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f]"
)
_MIN_BEFORE, _MIN_AFTER, _LONG = 6, 4, 11


@dataclass(frozen=True, slots=True)
class Word:
    """A spoken word; ``phones`` carry stress marks."""

    spelling: str
    phones: Pronunciation

    @property
    def is_function(self) -> bool:
        """Whether it is usually unaccented."""
        return self.spelling in FUNCTION_WORDS


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words up to a boundary.

    Attributes:
        words: at least one.
        mark: ``. ? ! , ; :`` or empty for a boundary without a mark.
        pause: explicit pause after it in seconds, or None.
    """

    words: tuple[Word, ...]
    mark: str
    pause: float | None = None


def parse(text: str, lexicon: Lexicon) -> list[Phrase]:
    """Phrases of ``text``; empty when nothing in it can be spoken.

    Raises:
        EngineError: for markup that cannot be read; ``language_unsupported`` for Chinese, Japanese or Korean writing.
    """
    phrases: list[Phrase] = []
    pending: list[tuple[str, Pronunciation | None]] = []

    def close(mark: str, pause: float | None = None) -> None:
        if pending:
            phrases.extend(_split_long(_pronounce(pending, lexicon), mark, pause))
            pending.clear()
        elif phrases and pause is not None:
            last = phrases[-1]
            phrases[-1] = Phrase(last.words, last.mark, (last.pause or 0.0) + pause)

    for piece in markup.pieces(text):
        if isinstance(piece, markup.Break):
            close(",", piece.seconds)
        elif isinstance(piece, markup.Phonemes):
            pending.append((piece.text.lower(), piece.phones))
        else:
            _refuse_other_scripts(piece.text)
            # A mark right after a tag belongs to the phrase before it; normalisation would strip it.
            leading = re.match(r"\s*([,;:.?!])", piece.text)
            if leading and pending:
                close(leading[1])
            for token in re.findall(r"[a-z_']+|[,;:.?!]", normalise(piece.text)):
                if token[0] in ",;:.?!":
                    close(token)
                else:
                    pending.append((token, None))
            trailing = re.search(r"([,;:])\s*$", piece.text)
            if trailing:
                close(trailing[1])
    close(".")
    return phrases


def _pronounce(tokens: Sequence[tuple[str, Pronunciation | None]], lexicon: Lexicon) -> list[Word]:
    words: list[Word] = []
    after: Pronunciation | None = None
    for index in range(len(tokens) - 1, -1, -1):
        spelling, phones = tokens[index]
        before = tokens[index - 1][0] if index else None
        after = phones or lexicon.pronounce(spelling, before, after)
        words.append(Word(spelling, after))
    return words[::-1]


def _split_long(words: list[Word], mark: str, pause: float | None) -> list[Phrase]:
    """A long stretch without a mark gets a boundary before a conjunction."""
    found: list[Phrase] = []
    start = 0
    for index in range(len(words)):
        rest = len(words) - index
        if index - start < _MIN_BEFORE or rest < _MIN_AFTER or index - start + rest < _LONG:
            continue
        if words[index].spelling in _BREAK_BEFORE and words[index - 1].spelling not in FUNCTION_WORDS:
            found.append(Phrase(tuple(words[start:index]), ""))
            start = index
    found.append(Phrase(tuple(words[start:]), mark, pause))
    return found


def _refuse_other_scripts(text: str) -> None:
    found = _OTHER_SCRIPT.search(text)
    if found:
        raise EngineError(
            "language_unsupported",
            f"The parametric engine reads English only; {found[0]!r} is Chinese, Japanese or Korean writing.",
        )
