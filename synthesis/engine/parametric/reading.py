"""A recording with its transcript, measured: phones with durations, and frames 10 ms apart."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synthesis.engine.parametric import phones as ph
from synthesis.engine.parametric import track as tracks
from synthesis.engine.parametric import world
from synthesis.engine.parametric.alignment import AlignedPhone, Aligner, Alignment
from synthesis.engine.parametric.text.lexicon import Lexicon
from synthesis.engine.parametric.text.normaliser import normalise
from synthesis.engine.parametric.text.phrases import Phrase, Word

FRAMES_PER_SECOND: Final = 100
_MIN_SILENCE: Final = 0.06  # shorter gaps are closures, not pauses

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Reading:
    """One measured take.

    Attributes:
        track: the phones, with silences where the speaker made them.
        frames: length of each phone in frames of 10 ms, ``[P]``; a silence may have none.
        cepstrum: ``[T, 40]``.
        aperiodicity: dB, ``[T]``.
        log_f0: interpolated through unvoiced frames, ``[T]``.
        voiced: ``[T]``.
    """

    track: tracks.PhoneTrack
    frames: NDArray[np.int64]
    cepstrum: Floats
    aperiodicity: Floats
    log_f0: Floats
    voiced: NDArray[np.bool_]

    @property
    def frame_phone(self) -> NDArray[np.int64]:
        """Index into the track of each frame, ``[T]``."""
        return np.repeat(np.arange(len(self.frames)), self.frames)

    @property
    def speech(self) -> NDArray[np.bool_]:
        """Which frames lie in a phone that is not silence, ``[T]``."""
        return ~self.track.silent[self.frame_phone]


def words_and_marks(transcript: str) -> tuple[list[str], list[str]]:
    """Words of a transcript for the aligner, and the mark after each (empty for none). Letter names become words."""
    words: list[str] = []
    marks: list[str] = []
    for token in re.findall(r"[a-z_']+|[,;:.?!]", normalise(transcript)):
        if token[0] not in ",;:.?!":
            words.append(token.replace("_", ""))
            marks.append("")
        elif words:
            marks[-1] = token
    return words, marks


def measure(
    samples: NDArray[np.floating], transcript: str, aligner: Aligner, lexicon: Lexicon, *, quick: bool = False
) -> Reading | None:
    """Align and analyse a take of 16 kHz samples ``[time]``; None when the transcript cannot be found in it."""
    found = align(samples, transcript, aligner)
    if found is None:
        return None
    aligned, marks = found
    return assemble(aligned, marks, world.analyse(world.level(samples), quick=quick), lexicon)


def align(samples: NDArray[np.floating], transcript: str, aligner: Aligner) -> tuple[Alignment, list[str]] | None:
    """Where the words of a transcript lie in a take of 16 kHz samples ``[time]``, and the mark after each; None when they do not."""
    words, marks = words_and_marks(transcript)
    aligned = aligner.align(world.level(samples), words)
    return None if aligned is None else (aligned, marks)


def assemble(aligned: Alignment, marks: Sequence[str], features: world.Features, lexicon: Lexicon) -> Reading:
    """Put an alignment, the marks after its words, and frames 5 ms apart together."""
    total = len(features.f0) // 2
    phrases, silence_between, spans = _phrases(aligned, marks, lexicon)
    track = tracks.build(phrases, silence_between=silence_between)
    starts = _row_starts(track, spans, silence_between, phrases)
    edges = np.clip(np.round(np.array([*starts, total / FRAMES_PER_SECOND]) * FRAMES_PER_SECOND), 0, total)
    edges = np.maximum.accumulate(edges.astype(np.int64))
    log_f0, voiced = world.continuous_log_f0(features.f0)
    pairs = features.mel_cepstrum[: 2 * total].reshape(total, 2, -1).mean(1)
    breath = features.aperiodicity[: 2 * total, 0].reshape(total, 2).mean(1)
    frames = np.diff(edges)
    frames[0] += edges[0]
    return Reading(track, frames, pairs, breath, log_f0[: 2 * total : 2], voiced[: 2 * total : 2])


def _phrases(
    aligned: Alignment, marks: Sequence[str], lexicon: Lexicon
) -> tuple[list[Phrase], list[bool], list[list[AlignedPhone]]]:
    """Phrases that end at a mark or an audible pause; whether each gap was audible; phones of each word."""
    by_word: list[list[AlignedPhone]] = [[] for _ in aligned.words]
    for phone in aligned.phones:
        if phone.word >= 0:
            by_word[phone.word].append(phone)
    phrases: list[Phrase] = []
    audible: list[bool] = []
    current: list[Word] = []
    for index, spelling in enumerate(aligned.words):
        symbols = _with_stress([phone.phone for phone in by_word[index]], spelling, lexicon)
        current.append(Word(spelling, symbols))
        last = index + 1 == len(aligned.words)
        gap = 0.0 if last else by_word[index + 1][0].start - by_word[index][-1].end
        if last or marks[index] or gap >= _MIN_SILENCE:
            phrases.append(Phrase(tuple(current), marks[index]))
            current = []
            if not last:
                audible.append(gap >= _MIN_SILENCE)
    return phrases, audible, by_word


def _row_starts(
    track: tracks.PhoneTrack,
    by_word: list[list[AlignedPhone]],
    silence_between: list[bool],
    phrases: list[Phrase],
) -> list[float]:
    """Start second of each row of the track; a gap too short for a silence belongs to the phone before it."""
    starts = [0.0]
    word = 0
    for index, phrase in enumerate(phrases):
        for _ in phrase.words:
            starts.extend(phone.start for phone in by_word[word])
            word += 1
        if index == len(phrases) - 1 or silence_between[index]:
            starts.append(by_word[word - 1][-1].end)
    if len(starts) != len(track.phone):
        raise ValueError(f"{len(starts)} starts for {len(track.phone)} phones")
    return starts


def _with_stress(spoken: list[str], spelling: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Stress of the dictionary's form on the phones that were spoken, which may be another variant."""
    written = [ph.split_stress(symbol) for symbol in lexicon.pronounce(spelling)]
    matcher = difflib.SequenceMatcher(a=[name for name, _ in written], b=spoken, autojunk=False)
    stress = dict.fromkeys(range(len(spoken)), 0)
    for a, b, size in matcher.get_matching_blocks():
        stress.update({b + offset: written[a + offset][1] for offset in range(size)})
    vowels = [index for index, name in enumerate(spoken) if name in ph.IS_VOWEL]
    original = [level for name, level in written if name in ph.IS_VOWEL]
    if len(vowels) == len(original):
        stress.update(zip(vowels, original, strict=True))
    return tuple(f"{name}{stress[index]}" if name in ph.IS_VOWEL else name for index, name in enumerate(spoken))
