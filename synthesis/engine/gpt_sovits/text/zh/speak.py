"""Normalised Chinese to phones, two for each character and one for each mark."""

from __future__ import annotations

import re
from dataclasses import dataclass

from synthesis.engine.gpt_sovits.text.symbols import MARKS, UNKNOWN, Version, known
from synthesis.engine.gpt_sovits.text.zh import readings, sandhi, syllables, words


@dataclass(frozen=True, slots=True)
class Spoken:
    """Phones and how many of them each character of the text has."""

    names: tuple[str, ...]
    word2ph: tuple[int, ...]


def speak(
    text: str,
    *,
    version: Version = "v2",
    polyphones: readings.Polyphones | None = None,
    corrected: bool = True,
    imitate: bool = False,
) -> Spoken:
    """Phones of normalised text.

    Args:
        text: as ``normaliser.normalise`` writes it.
        version: of the symbols; version 1 knows no suffix *er*.
        polyphones: decides readings by the sentence; None leaves them to pypinyin.
        corrected: whether our table of corrections applies.
        imitate: do as the models' makers where they are at fault.
    """
    names: list[str] = []
    word2ph: list[int] = []
    for clause in re.findall(r"[^!?…,.\-]*[!?…,.\-]|[^!?…,.\-]+", text):
        for reading in _clause(clause, version, polyphones, corrected=corrected, imitate=imitate):
            phones = _phones(reading, version)
            names.extend(phones)
            word2ph.append(len(phones))
    return Spoken(tuple(names), tuple(word2ph))


def _clause(
    clause: str,
    version: Version,
    polyphones: readings.Polyphones | None,
    *,
    corrected: bool,
    imitate: bool,
) -> list[str]:
    """The readings of a clause after sandhi: pinyin with tone figure for each character, marks as they are."""
    spoken: list[str] = []
    found = readings.read(clause, corrected=corrected, polyphones=polyphones)
    start = 0
    for cut in words.join(words.cut(clause)):
        own = found[start : start + len(cut.word)]
        start += len(cut.word)
        if cut.word == "地" and cut.tag == "uv" and not imitate:
            own = ["de5"]
        tones = [readings.tone_of(reading) for reading in own]
        changed = sandhi.change(cut, tones, er=version == "v2", imitate=imitate)
        for reading, tone in zip(own, changed, strict=True):
            spoken.append(f"{syllables.split_tone(reading)[0]}{tone}" if reading[:1].isalpha() else reading)
    return spoken


def _phones(reading: str, version: Version) -> tuple[str, ...]:
    if reading in MARKS:
        return (reading,)
    plain, tone = syllables.split_tone(reading)
    try:
        initial, final = syllables.split(plain)
    except ValueError:  # a rare character that pypinyin does not know is left as it is
        return (UNKNOWN, UNKNOWN)
    final = f"{final}{tone}"
    return (initial, final) if known(final, version) else (UNKNOWN, UNKNOWN)
