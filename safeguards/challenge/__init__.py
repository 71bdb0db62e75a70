"""Challenge phrases: drawn at random, and checked word by word in what was recorded."""

from safeguards.challenge.check import check, repetition, text_check, word_times
from safeguards.challenge.errors import SentenceSupplyError, UnsupportedLanguageError
from safeguards.challenge.phrases import draw, draw_from_sentences, languages
from safeguards.challenge.recognisers import HeardWord, Recogniser, can_check, register, register_maker, unregister
from safeguards.evidence import ChallengeEvidence, TextEvidence, WordScore

__all__ = [
    "ChallengeEvidence",
    "HeardWord",
    "Recogniser",
    "SentenceSupplyError",
    "TextEvidence",
    "UnsupportedLanguageError",
    "WordScore",
    "can_check",
    "check",
    "draw",
    "draw_from_sentences",
    "languages",
    "register",
    "register_maker",
    "repetition",
    "text_check",
    "unregister",
    "word_times",
]
