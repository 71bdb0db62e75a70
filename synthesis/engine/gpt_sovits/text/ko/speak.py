"""Korean text to the jamo that the models know: compound vowels are written as two."""

from __future__ import annotations

import re
from typing import Final

from synthesis.engine.gpt_sovits.text.ko import numbers, sounds
from synthesis.engine.gpt_sovits.text.symbols import MARKS

_VOWELS: Final = {
    "ㅘ": "ㅗㅏ", "ㅙ": "ㅗㅐ", "ㅚ": "ㅗㅣ", "ㅝ": "ㅜㅓ", "ㅞ": "ㅜㅔ", "ㅟ": "ㅜㅣ", "ㅢ": "ㅡㅣ",
    "ㅑ": "ㅣㅏ", "ㅒ": "ㅣㅐ", "ㅕ": "ㅣㅓ", "ㅖ": "ㅣㅔ", "ㅛ": "ㅣㅗ", "ㅠ": "ㅣㅜ",
}  # fmt: skip
_LETTERS: Final = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        "에이 비 시 디 이 에프 지 에이치 아이 제이 케이 엘 엠 엔 오 피 큐 아르 에스 티 유 브이 더블유 엑스 와이 제트".split(),  # noqa: SIM905
        strict=True,
    )
)
_MARKS: Final = {
    "：": ",",
    "；": ",",
    "，": ",",
    "。": ".",
    "！": "!",
    "？": "?",
    "\n": ".",
    "·": ",",
    "、": ",",
    " ": "空",
}
_PAUSE: Final = "停"  # any sign without a symbol


def speak(text: str) -> tuple[str, ...]:
    """Phones of Korean text; a text that ends in a sound gets a full stop."""
    spelled = re.sub(r"[A-Za-z]", lambda match: _LETTERS[match[0].lower()], numbers.spell(text.replace("...", "…")))
    names: list[str] = []
    for run in re.findall(r"[가-힣]+(?: [가-힣]+)*|[^가-힣]", spelled):
        if "가" <= run[0] <= "힣":
            names.extend(_run(run))
        else:
            mark = _MARKS.get(run, run)
            names.append(mark if mark in MARKS or mark == "空" else _PAUSE)
    if names and (names[-1] in sounds.ONSETS or names[-1] in sounds.VOWELS):
        names.append(".")
    return tuple(names)


def _run(run: str) -> list[str]:
    """Phones of words with single spaces between."""
    syllables = [sounds.of(character) if character != " " else None for character in run]
    spoken = [syllable for syllable in syllables if syllable is not None]
    spaced = {
        sum(each is not None for each in syllables[:place]) for place, each in enumerate(syllables) if each is None
    }
    for index, syllable in enumerate(spoken):
        after = spoken[index + 1] if index + 1 < len(spoken) else None
        sounds.assimilate(syllable, after, apart=index + 1 in spaced)
    names: list[str] = []
    for index, syllable in enumerate(spoken):
        if index in spaced:
            names.append("空")
        names.extend((syllable.onset, *_VOWELS.get(syllable.vowel, syllable.vowel)))
        if syllable.coda != " ":
            names.append(syllable.coda)
    return names
