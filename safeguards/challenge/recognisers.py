"""Languages beyond English: word lists stand here, a recogniser comes from the operator.

A recogniser is any object with ``transcribe``; it, or what makes it, is registered at start-up for its languages
(``safeguards.installed`` does so from the operator's file). Without one, challenges in that language are refused, since
nothing here could check them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Protocol

from audiokit import Audio
from safeguards.challenge.errors import UnsupportedLanguageError
from safeguards.evidence import ChallengeEvidence, TextEvidence, WordScore


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word a recogniser heard. ``log_odds`` is its confidence as natural log odds."""

    word: str
    start_s: float
    end_s: float
    log_odds: float


class Recogniser(Protocol):
    """Speech to words. Weights are loaded by the operator's configuration, with digests."""

    version: str

    def transcribe(self, audio: Audio, language: str) -> Sequence[HeardWord]:
        """Words in order, spelled as in the language's word list, without punctuation."""


_registered: dict[str, Recogniser] = {}
_makers: dict[str, Callable[[], Recogniser]] = {}


def register(language: str, recogniser: Recogniser) -> None:
    """Let ``recogniser`` check challenges in ``language`` (a base tag such as ``de``) in this process."""
    _registered[base_language(language)] = recogniser


def register_maker(language: str, maker: Callable[[], Recogniser]) -> None:
    """As :func:`register`, for a recogniser that is made when it is first asked to listen: the web process only draws words."""
    _makers[base_language(language)] = maker


def unregister(language: str) -> None:
    """Take a recogniser away again; no error when there is none."""
    _registered.pop(base_language(language), None)
    _makers.pop(base_language(language), None)


def can_check(language: str) -> bool:
    """Whether challenges in a language can be checked on this installation."""
    base = base_language(language)
    return is_english(base) or base in _registered or base in _makers


def base_language(language: str) -> str:
    """``de`` for ``de-AT``."""
    return language.partition("-")[0].lower()


def is_english(language: str) -> bool:
    """English is checked without a recogniser."""
    return base_language(language) == "en"


def recogniser_for(language: str) -> Recogniser:
    """The recogniser registered for a language.

    Raises:
        UnsupportedLanguageError: there is none.
    """
    base = base_language(language)
    if base not in _registered and base in _makers:
        _registered[base] = _makers[base]()
    found = _registered.get(base)
    if found is None:
        raise unsupported(language)
    return found


def unsupported(language: str) -> UnsupportedLanguageError:
    """The reason in words."""
    return UnsupportedLanguageError(
        f"Spoken challenges in {language!r} need a speech recogniser, and this installation has none for it. "
        "English works without one; an operator can add a recogniser for other languages."
    )


def check(audio: Audio, words: Sequence[str], *, statement: str | None, language: str) -> ChallengeEvidence:
    """The challenge check by transcription: the heard words must be exactly the statement's and the challenge's.

    Raises:
        UnsupportedLanguageError: no recogniser for the language.
    """
    recogniser = recogniser_for(language)
    heard = list(recogniser.transcribe(audio, language))
    said = spelled(statement or "")
    items = [spelled(item) for item in words]
    expected = [word for item in items for word in item]
    split = len(heard) - len(expected)
    tail = heard[max(split, 0) :]
    matched = _matches([word.word.casefold() for word in tail], expected)
    scores, place = [], 0
    for item, parts in zip(words, items, strict=True):
        found = [matched.get(place + offset) for offset in range(len(parts))]
        hits = [tail[number] for number in found if number is not None]
        ok = bool(parts) and len(hits) == len(parts)
        llr = min(hit.log_odds for hit in hits) if ok else -20.0
        scores.append(WordScore(item, llr, ok, hits[0].start_s if hits else 0.0, hits[-1].end_s if hits else 0.0))
        place += len(parts)
    statement_score = None
    extra = len(heard) > len(expected) and statement is None
    if statement is not None:
        before = [word.word.casefold() for word in heard[: max(split, 0)]]
        statement_score = 0.0 if before == said else -20.0
    passed = all(score.ok for score in scores) and not extra and statement_score in (None, 0.0)
    problem = None if passed else _problem(scores, statement_score)
    return ChallengeEvidence(tuple(scores), passed, statement_score, problem, f"recogniser/{recogniser.version}")


def text_check(audio: Audio, text: str, language: str) -> TextEvidence:
    """The enrolment-text check by transcription; four words of five must be heard in order.

    Raises:
        UnsupportedLanguageError: no recogniser for the language.
    """
    recogniser = recogniser_for(language)
    heard = list(recogniser.transcribe(audio, language))
    expected = spelled(text)
    matched = _matches([word.word.casefold() for word in heard], expected)
    scores = tuple(
        WordScore(
            word, heard[matched[place]].log_odds, True, heard[matched[place]].start_s, heard[matched[place]].end_s
        )
        if place in matched
        else WordScore(word, -20.0, False)
        for place, word in enumerate(expected)
    )
    held = len(matched) / len(expected) if expected else 0.0
    passed = held >= 0.8
    problem = None if passed else "Please read the sentence as it is shown."
    return TextEvidence(scores, held, 0.0, passed, problem, f"recogniser/{recogniser.version}")


def spelled(text: str) -> list[str]:
    """Words of a text in any script: letters only, case folded; ideographs one by one."""
    words: list[str] = []
    current = ""
    for sign in text.casefold():
        if "\u4e00" <= sign <= "\u9fff":
            words += [current, sign]
            current = ""
        elif sign.isalpha() or (sign in "'’-" and current):
            current += sign
        else:
            words.append(current)
            current = ""
    return [word for word in [*words, current] if word]


def _matches(heard: Sequence[str], expected: Sequence[str]) -> dict[int, int]:
    """Place of each expected word that was heard, in order, to its place among the heard words."""
    blocks = SequenceMatcher(a=expected, b=heard, autojunk=False).get_matching_blocks()
    return {block.a + step: block.b + step for block in blocks for step in range(block.size)}


def _problem(scores: Sequence[WordScore], statement_score: float | None) -> str:
    missing = next((score.word for score in scores if not score.ok), None)
    if missing is not None:
        return f"“{missing}” was not heard. Please say every word clearly, in the order shown."
    if statement_score is not None and statement_score < 0.0:
        return "The consent statement was not read as shown."
    return "An extra word was heard."
