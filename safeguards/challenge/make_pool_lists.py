"""Make the word lists of languages other than English: ``python -m safeguards.challenge.make_pool_lists [LANGUAGE ...]``.

Run by developers, seldom; the result is committed. Candidates are our own pools of common, concrete nouns (``words/pools``).
They are transcribed by ``espeak-ng`` (Mandarin by ``pypinyin``), and picked as the English lists are: the even list words of two
syllables, the odd list words of three, each as far as possible from all picked before it, in both lists.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from safeguards.challenge.phones import edit_distance

LANGUAGES: Final = ("de", "es", "fr", "zh")
LIST_SIZE: Final = 128
_FOLDER = Path(__file__).parent / "words"
_VOICES: Final = {"de": "de", "es": "es", "fr": "fr-fr"}
_VOWELS: Final = frozenset("aeiouyæɑɒɔəɛɜɐɪʊʌøœɨɯɤɚɝ")
_GLIDE = "\u032f"  # combining inverted breve: a vowel letter that makes no syllable
_FALLING = {"a": "iɪuʊ", "e": "iɪ", "o": "ʊu", "ɔ": "øyɪ", "ʊ": "ɐ", "ə": "ʊɪ"}  # two letters, one syllable
Sounds = tuple[str, ...]


def transcribed(words: Sequence[str], language: str) -> list[Sounds]:
    """Sounds of each word: IPA letters, or for Mandarin initials and finals with their tone."""
    if language == "zh":
        return [_mandarin(word) for word in words]
    program = shutil.which("espeak-ng")
    if program is None:
        raise SystemExit("espeak-ng is needed to make word lists; on Debian: apt-get install espeak-ng")
    command = [program, "-q", "--ipa=1", "-v", _VOICES[language]]
    found = []
    for word in words:
        spoken = subprocess.run([*command, word], capture_output=True, text=True, check=True).stdout  # noqa: S603 -- fixed program, own word lists
        found.append(_letters(spoken))
    return found


def syllables(sounds: Sounds) -> int:
    """Vowels, diphthongs once."""
    count = 0
    for place, sound in enumerate(sounds):
        if sound[0] not in _VOWELS or _GLIDE in sound:
            continue
        before = sounds[place - 1] if place else ""
        if before and sound in _FALLING.get(before[0], ""):
            continue
        count += 1
    return count


def pick(pool: list[tuple[str, Sounds]], taken: list[Sounds]) -> list[tuple[str, float]]:
    """Greedy farthest-point choice of ``LIST_SIZE`` words; ``taken`` grows. Returns words with distance when picked."""
    nearest = [min((edit_distance(sounds, other, _cost) for other in taken), default=99.0) for _, sounds in pool]
    picked = []
    for _ in range(LIST_SIZE):
        best = max(range(len(pool)), key=lambda place: (nearest[place], -place))
        word, sounds = pool[best]
        picked.append((word, nearest[best]))
        taken.append(sounds)
        nearest = [min(old, edit_distance(sounds, other, _cost)) for old, (_, other) in zip(nearest, pool, strict=True)]
    return picked


def _cost(first: str, second: str) -> float:
    if first == second:
        return 0.0
    if first[0] == second[0]:  # the same letter longer, nasal or in another tone
        return 0.4
    return 1.2 if (first[0] in _VOWELS) != (second[0] in _VOWELS) else 1.0


def _letters(spoken: str) -> Sounds:
    """One item per IPA letter, with the marks that follow it; stress, joins and length between words left out."""
    plain = re.sub(r"\([a-z-]+\)|[ˈˌ_\s‿͡-]", "", unicodedata.normalize("NFD", spoken))
    sounds: list[str] = []
    for sign in plain:
        if sounds and (unicodedata.combining(sign) or sign in "ːʰʲ"):
            sounds[-1] += sign
        else:
            sounds.append(sign)
    return tuple(sounds)


def _mandarin(word: str) -> Sounds:
    from pypinyin import Style, pinyin

    initials = pinyin(word, style=Style.INITIALS, strict=True)
    finals = pinyin(word, style=Style.FINALS_TONE3, strict=True, neutral_tone_with_five=True)
    return tuple(part for first, last in zip(initials, finals, strict=True) for part in (first[0], last[0]) if part)


def lists(language: str) -> dict[str, object]:
    """Both lists of a language, and how near their nearest words are."""
    words = list(dict.fromkeys((_FOLDER / "pools" / f"{language}.txt").read_text(encoding="utf-8").split()))
    sounds = transcribed(words, language)
    taken: list[Sounds] = []
    made: dict[str, object] = {"version": f"{language}-1"}
    for name, wanted in (("even", 2), ("odd", 3)):
        pool = [
            (word, sound)
            for word, sound in zip(words, sounds, strict=True)
            if (len(word) if language == "zh" else syllables(sound)) == wanted
        ]
        if len(pool) < LIST_SIZE:
            raise SystemExit(f"{language}: {len(pool)} words of {wanted} syllables, {LIST_SIZE} are needed")
        picked = pick(pool, taken)
        made[name] = sorted(word for word, _ in picked)
        made[f"{name}_least_distance"] = round(min(separation for _, separation in picked), 2)
    return made


def main() -> None:
    """Write the lists as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("languages", nargs="*", default=LANGUAGES)
    for language in parser.parse_args().languages:
        text = json.dumps(lists(language), indent=1, ensure_ascii=False) + "\n"
        (_FOLDER / f"{language}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
