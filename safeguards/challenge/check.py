"""Judge a recording: were these challenge words said, all, in order, and nothing else; was this statement or text read?

Each word is held against every word of both lists and against any string of phones in its place, on the same audio.
The result is evidence; the gate decides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np

from audiokit import Audio, resample
from safeguards.challenge import recognisers
from safeguards.challenge.edits import rivals
from safeguards.challenge.frontend import SAMPLE_RATE, Floats
from safeguards.challenge.lexicon import lookup, tokens
from safeguards.challenge.phrases import is_long, word_lists
from safeguards.challenge.reading import Reading
from safeguards.challenge.thresholds import thresholds
from safeguards.evidence import ChallengeEvidence, TextEvidence, WordScore

_NEGATIONS = ("not", "no", "never", "don't", "won't", "cannot", "can't")
_LEAST_SECONDS = 0.3


def check(
    audio: Audio, words: Sequence[str], *, statement: str | None = None, language: str = "en"
) -> ChallengeEvidence:
    """Hold a recording against its challenge.

    Args:
        audio: the recording: the statement, where one is given, then the words.
        words: the challenge as drawn; an item may be one word or a sentence, of which every long word must hold.
        statement: the consent statement shown before the words.
        language: language tag of both.

    Returns:
        One score per item, whether all held with nothing missing, extra or swapped, and what went wrong first.

    Raises:
        UnsupportedLanguageError: the language is not English and no recogniser is registered for it.
        ValueError: no words.
    """
    if not any(tokens(item) for item in words) and recognisers.is_english(language):
        raise ValueError("a challenge needs at least one word")
    if not recognisers.is_english(language):
        return recognisers.check(audio, words, statement=statement, language=language)
    limits = thresholds()
    version = f"{limits.version}/{word_lists('en').version}"
    samples = _samples(audio)
    spoken = [tokens(item) for item in words]
    said = tokens(statement) if statement else []
    if len(samples) < _LEAST_SECONDS * SAMPLE_RATE:
        scores = tuple(WordScore(word=item, llr=-20.0, ok=False) for item in words)
        return ChallengeEvidence(
            scores, False, None if statement is None else -20.0, "The recording is too short.", version
        )
    reading = Reading(samples, [*said, *(word for item in spoken for word in item)])
    starts = np.cumsum([len(said), *(len(item) for item in spoken)])
    spans = [range(first, last) for first, last in pairwise(starts)]
    alone = {span[0] for span in spans if len(span) == 1}
    words_heard = _judged(reading, alone)
    statement_score, problem = (None, None) if statement is None else _statement(reading, said, words_heard)
    scores = tuple(_item(reading, item, span, words_heard) for item, span in zip(words, spans, strict=True))
    problem = problem or _first_failure(scores) or _extra_word(reading, len(said), spoken)
    return ChallengeEvidence(scores, problem is None, statement_score, problem, version)


def text_check(audio: Audio, text: str, language: str = "en") -> TextEvidence:
    """Whether an enrolment take read the sentence shown; milder than a challenge, a slip or two is forgiven.

    Args:
        audio: the take.
        text: the sentence.
        language: language tag.

    Raises:
        UnsupportedLanguageError: the language is not English and no recogniser is registered for it.
    """
    if not recognisers.is_english(language):
        return recognisers.text_check(audio, text, language)
    limits = thresholds()
    version = f"{limits.version}/{word_lists('en').version}"
    samples, said = _samples(audio), tokens(text)
    if not said or len(samples) < _LEAST_SECONDS * SAMPLE_RATE:
        return TextEvidence((), 0.0, -20.0, False, "The recording is too short.", version)
    reading = Reading(samples, said)
    scores = tuple(_judged(reading, set()).values())
    score = reading.phone_margin(0, len(said))
    held = sum(word.ok for word in scores) / len(scores) if scores else float(score >= limits.least_statement)
    passed = held >= limits.least_text_share and score >= limits.least_statement
    failed = next((word.word for word in scores if not word.ok), None)
    problem = None
    if not passed:
        problem = f"“{failed}” was not heard. " if failed else "The sentence was not heard. "
        problem += "Please read the sentence as it is shown."
    return TextEvidence(scores, held, score, passed, problem, version)


def word_times(audio: Audio, text: str) -> list[tuple[str, float, float]] | None:
    """When each word of a known English text is said, by forced alignment.

    Args:
        audio: the reading.
        text: what is read.

    Returns:
        Words as written, parted at white space, with start and end in seconds; those without letters or figures belong to
        the word before them. None when the text has no words or the recording is too short.
    """
    samples, written = _samples(audio), text.split()
    spoken = [tokens(word) for word in written]
    said = [token for item in spoken for token in item]
    if not said or len(samples) < _LEAST_SECONDS * SAMPLE_RATE:
        return None
    spans = iter(Reading(samples, said).spans)
    placed: list[tuple[str, float, float]] = []
    for word, item in zip(written, spoken, strict=True):
        own = [next(spans) for _ in item]
        if own:
            placed.append((word, own[0][0], own[-1][1]))
        elif placed:
            placed[-1] = (f"{placed[-1][0]} {word}", *placed[-1][1:])
    return placed


def repetition(audio: Audio, text: str) -> float:
    """How much better a recording fits an English text in which words may be said twice in a row.

    Args:
        audio: the recording.
        text: what is to be said.

    Returns:
        Log-likelihood gained, 0 or more; some hundred for a word that is said twice. 0 when the text has no words or the
        recording is too short.
    """
    samples, said = _samples(audio), tokens(text)
    if not said or len(samples) < _LEAST_SECONDS * SAMPLE_RATE:
        return 0.0
    return max(0.0, Reading(samples, said, twice=True).score - Reading(samples, said).score)


def _samples(audio: Audio) -> Floats:
    return resample(audio, SAMPLE_RATE).to_mono()


def _judged(reading: Reading, alone: Collection[int]) -> dict[int, WordScore]:
    """Scores of all long words, and of the words at the places ``alone`` whatever their length, by place."""
    limits = thresholds()
    listed = rivals(word_lists("en").all)
    margins = {
        place: reading.margins(place, listed)
        for place, word in enumerate(reading.words)
        if is_long(word) or (place in alone and lookup(word))
    }
    scores = {}
    for place, margin in margins.items():
        llr = limits.word_llr(margin)
        ok = llr >= limits.least_word_llr
        heard = None if ok or margin.rival >= 0.0 else margin.heard
        scores[place] = WordScore(reading.words[place], llr, ok, *reading.spans[place], heard)
    return scores


def _item(reading: Reading, item: str, places: range, heard: Mapping[int, WordScore]) -> WordScore:
    judged = [heard[place] for place in places if place in heard]
    if not judged:
        return WordScore(item, -20.0, False)
    worst = min(judged, key=lambda word: word.llr)
    sounded = worst.heard if len(places) == 1 else None
    return WordScore(item, worst.llr, worst.ok, reading.spans[places[0]][0], reading.spans[places[-1]][1], sounded)


def _first_failure(scores: Sequence[WordScore]) -> str | None:
    for score in scores:
        if not score.ok and score.heard:
            return f"“{score.word}” was expected, but it sounded like “{score.heard}”."
        if not score.ok:
            return f"“{score.word}” was not heard. Please say every word clearly, in the order shown."
    return None


def _extra_word(reading: Reading, first: int, items: Sequence[Sequence[str]]) -> str | None:
    """Look for an extra word before the first, between any two, and after the last challenge word."""
    limits = thresholds()
    for place in range(first, first + sum(len(item) for item in items) + 1):
        margin, heard = extra_word(reading, place)
        if margin < limits.least_extra_word:
            where = f"before “{reading.words[place]}”" if place < len(reading.words) else f"after “{reading.words[-1]}”"
            return f"An extra word that sounded like “{heard}” was heard {where}."
    return None


def extra_word(reading: Reading, place: int) -> tuple[float, str]:
    """The likeliest extra word at a place: one of the lists, or one of the reading's own said again.

    Returns:
        Nats by which the recording is explained better without it, and the word.
    """
    own = tuple(sorted({word for word in reading.words if lookup(word)}))
    return min(reading.insertion(place, rivals(words)) for words in (word_lists("en").all, own) if words)


def _statement(reading: Reading, said: Sequence[str], heard_words: Mapping[int, WordScore]) -> tuple[float, str | None]:
    """Score of the statement and what is wrong with it: not read, negated, or a long word changed or left out."""
    limits = thresholds()
    score = reading.phone_margin(0, len(said))
    if score < limits.least_statement:
        return score, "The consent statement was not heard. Please read it whole, then the words."
    for place in range(len(said)):
        margin, heard = reading.insertion(place, rivals(_NEGATIONS))
        if margin < limits.least_insertion:
            return score, f"“{heard}” was heard before “{said[place]}” in the consent statement."
    for place, word in enumerate(said):
        if place in heard_words and not heard_words[place].ok:
            return score, f"“{word}” of the consent statement was not heard."
    return score, None
