"""Pronunciations that an author gives: ARPAbet, pinyin, or IPA for English, to the models' symbols."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.text.symbols import known
from synthesis.engine.gpt_sovits.text.zh import syllables

ALPHABETS: Final = ("x-arpabet", "x-pinyin", "ipa")
_VOWELS: Final = frozenset("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())  # noqa: SIM905
_CONSONANTS: Final = frozenset("B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH".split())  # noqa: SIM905
_TONES: Final = {"\u0304": 1, "\u0301": 2, "\u030c": 3, "\u0300": 4}

# Longest first where one begins another.
_IPA: Final = {
    "tʃ": "CH", "t͡ʃ": "CH", "dʒ": "JH", "d͡ʒ": "JH", "aɪ": "AY", "aʊ": "AW", "eɪ": "EY", "oʊ": "OW", "əʊ": "OW", "ɔɪ": "OY",
    "iː": "IY", "uː": "UW", "ɑː": "AA", "ɔː": "AO", "ɜː": "ER", "ɪə": "IH R", "eə": "EH R", "ʊə": "UH R", "i": "IY", "u": "UW",
    "ɑ": "AA", "ɒ": "AA", "ɔ": "AO", "æ": "AE", "a": "AA", "ʌ": "AH", "ə": "AH", "ɚ": "ER", "ɝ": "ER", "ɜ": "ER", "ɛ": "EH",
    "e": "EH", "ɪ": "IH", "ʊ": "UH", "o": "OW", "b": "B", "d": "D", "ð": "DH", "f": "F", "ɡ": "G", "g": "G", "h": "HH", "k": "K",
    "l": "L", "ɫ": "L", "m": "M", "n": "N", "ŋ": "NG", "p": "P", "ɹ": "R", "r": "R", "s": "S", "ʃ": "SH", "t": "T", "ɾ": "D",
    "θ": "TH", "v": "V", "w": "W", "ʍ": "W", "j": "Y", "z": "Z", "ʒ": "ZH",
}  # fmt: skip
_LONGEST: Final = max(map(len, _IPA))


def phones(text: str, alphabet: str) -> tuple[str, ...]:
    """Symbols of a pronunciation.

    Args:
        text: ``"HH AH0 L OW1"``, ``"chong2 qing4"`` or ``"həˈloʊ"``.
        alphabet: one of ``ALPHABETS``.

    Raises:
        EngineError: ``bad_markup``.
    """
    if alphabet == "x-arpabet":
        found = [_arpabet(symbol) for symbol in text.upper().split()]
    elif alphabet == "x-pinyin":
        found = [symbol for syllable in text.lower().split() for symbol in _pinyin(syllable)]
    elif alphabet == "ipa":
        found = _ipa(text)
    else:
        raise EngineError("bad_markup", f"There is no alphabet {alphabet[:20]!r}; there are {', '.join(ALPHABETS)}.")
    if not found:
        raise EngineError("bad_markup", "A <phoneme> tag needs its phones in the attribute ph.")
    return tuple(found)


def _arpabet(symbol: str) -> str:
    plain = symbol.rstrip("012")
    if plain in _CONSONANTS and plain == symbol:
        return symbol
    if plain in _VOWELS and len(symbol) - len(plain) <= 1:
        return symbol if symbol != plain else plain + "1"
    raise EngineError("bad_markup", f"{symbol[:12]!r} is not an ARPAbet phone; one looks like AH0, T or NG.")


def _pinyin(syllable: str) -> tuple[str, str]:
    decomposed = unicodedata.normalize("NFD", syllable)
    tone = next((_TONES[mark] for mark in decomposed if mark in _TONES), None)
    if tone is None:
        plain, tone = syllables.split_tone(syllable)
    else:
        plain = unicodedata.normalize("NFC", "".join(mark for mark in decomposed if mark not in _TONES))
    try:
        initial, final = syllables.split(plain)
    except ValueError:
        initial, final = "", ""
    if not initial or not known(f"{final}{tone}", "v2"):
        raise EngineError("bad_markup", f"{syllable[:12]!r} is not a pinyin syllable; one looks like zhong4 or zhòng.")
    return initial, f"{final}{tone}"


def _ipa(text: str) -> list[str]:
    text = unicodedata.normalize("NFC", text.strip("/[] "))
    found: list[str] = []
    stress = "0" if re.search("[ˈˌ']", text) else "1"
    start = 0
    while start < len(text):
        if text[start] in "ˈ'ˌ":
            stress = "2" if text[start] == "ˌ" else "1"
            start += 1
            continue
        if text[start] in " .ː-‿":
            start += 1
            continue
        size = next((size for size in range(_LONGEST, 0, -1) if text[start : start + size] in _IPA), 0)
        if not size:
            raise EngineError("bad_markup", f"{text[start]!r} is not an IPA sign of English.")
        for symbol in _IPA[text[start : start + size]].split():
            found.append(symbol + stress if symbol in _VOWELS else symbol)
            stress = "0" if symbol in _VOWELS else stress
        start += size
    return found
