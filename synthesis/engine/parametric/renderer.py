"""Text in a voice, clause by clause."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synthesis.engine.errors import EngineError
from synthesis.engine.parametric import adapters, contour, mcep, spectrum, world
from synthesis.engine.parametric import phones as ph
from synthesis.engine.parametric import track as tracks
from synthesis.engine.parametric.base import BaseModel
from synthesis.engine.parametric.emotion import Mood
from synthesis.engine.parametric.text.phrases import SENTENCE_ENDS, Phrase, parse
from synthesis.engine.parametric.voice import ParametricVoice

Floats = NDArray[np.float32]

MAX_CHARACTERS: Final = 20_000
_SILENCE_DROP: Final = 2.5  # how far c0 of silences goes down: room tone of the owner is not wanted
# The network's medians are more periodic than speech is, and buzz; see docs/engine-notes.md.
BREATH_DB: Final = 2.0
_PEAK: Final = 0.98


@dataclass(frozen=True)
class Clause:
    """A stretch of the frame grid between two silences."""

    track: tracks.PhoneTrack
    frames: NDArray[np.int64]
    log_f0: Floats


class Renderer:
    """One voice made ready: its adapters merged into a copy of the base network.

    Raises:
        EngineError: code ``bad_voice_model`` when the adapters do not fit the base weights.
    """

    def __init__(self, base: BaseModel, voice: ParametricVoice) -> None:
        if voice.base != base.version:
            raise EngineError(
                "bad_voice_model", f"This voice needs base weights {voice.base}, here are {base.version}."
            )
        self._base = base
        self._voice = voice
        try:
            self._adapted = adapters.apply(base.acoustic, voice.adapter) if voice.adapter else None
        except ValueError as error:
            raise EngineError("bad_voice_model", f"This voice model does not fit: {error}.") from error

    def stream(self, text: str, *, seed: int, speed: float, semitones: float, mood: Mood) -> Iterator[Floats]:
        """Samples of each clause at 16 kHz, ``[time]``.

        Raises:
            EngineError: for text that is too long, holds nothing to say, or bad markup.
        """
        if len(text) > MAX_CHARACTERS:
            raise EngineError("text_too_long", f"{len(text)} characters; at most {MAX_CHARACTERS} are spoken.")
        phrases = parse(text, self._base.lexicon)
        if not phrases:
            raise EngineError("nothing_to_say", "There is nothing in this text that can be read aloud in English.")
        for number, sentence in enumerate(sentences(phrases)):
            track = tracks.build(sentence)
            drawn = contour.draw(
                self._base,
                track,
                self._voice.style,
                mood,
                speed=speed,
                semitones=semitones,
                seed=_sentence_seed(seed, number),
            )
            for clause in clauses(track, drawn):
                yield vocode(self.spectra(clause), clause, mood)

    def spectra(self, clause: Clause) -> spectrum.Spectra:
        """Mixed spectra with the owner's variance and limits."""
        voice = self._voice
        arguments = (self._base, clause.track, clause.frames, clause.log_f0, voice.speaker)
        plain = spectrum.predict(self._base.acoustic, *arguments)
        adapted = None if self._adapted is None else spectrum.predict(self._adapted, *arguments)
        offsets = spectrum.offset_frames(clause.track, clause.frames, voice.offsets)
        mixed = spectrum.mix(plain, offsets, adapted, voice.closeness)
        if voice.warp:
            mixed = replace(mixed, cepstrum=mixed.cepstrum @ mcep.warp_matrix(voice.warp).T)
        silent = np.repeat(clause.track.silent, clause.frames)
        cepstrum = np.where(
            silent[:, None], mixed.cepstrum, voice.centre + (mixed.cepstrum - voice.centre) * voice.spread
        )
        cepstrum[:, 0] = np.minimum(cepstrum[:, 0], voice.loudest) - _SILENCE_DROP * silent
        voicing = np.where(silent, 0.0, mixed.voicing)
        return spectrum.Spectra(cepstrum.astype(np.float32), mixed.aperiodicity + voice.breath + BREATH_DB, voicing)


def _sentence_seed(seed: int, number: int) -> int:
    return int(np.random.SeedSequence([seed & (2**63 - 1), number]).generate_state(1)[0])


def sentences(phrases: list[Phrase]) -> Iterator[list[Phrase]]:
    """Phrases up to and with the one that ends a sentence."""
    current: list[Phrase] = []
    for phrase in phrases:
        current.append(phrase)
        if phrase.mark in SENTENCE_ENDS or len(current) == 24:
            yield current
            current = []
    if current:
        yield current


def clauses(track: tracks.PhoneTrack, drawn: contour.Contour) -> Iterator[Clause]:
    """Cut a sentence in the middle of each inner silence."""
    rows = np.flatnonzero(track.silent)
    start = np.cumsum(drawn.frames) - drawn.frames
    for left, right in itertools.pairwise(rows.tolist()):
        frames = drawn.frames[left : right + 1].copy()
        begin, end = start[left], start[right] + frames[-1]
        if left > 0:
            begin += frames[0] // 2
            frames[0] -= frames[0] // 2
        if right < len(track.phone) - 1:
            end -= frames[-1] - frames[-1] // 2
            frames[-1] //= 2
        rows_here = slice(left, right + 1)
        part = tracks.PhoneTrack(
            track.phone[rows_here], track.stress[rows_here], track.context[rows_here], track.pause[rows_here]
        )
        yield Clause(part, frames, drawn.log_f0[begin:end])


def vocode(spectra: spectrum.Spectra, clause: Clause, mood: Mood) -> Floats:
    """Frames of 10 ms to samples, by frames of 5 ms."""
    count = len(clause.log_f0)
    fine = np.minimum(np.arange(2 * count) / 2, count - 1)
    low = fine.astype(np.int64)
    share = (fine - low).astype(np.float32)
    high = np.minimum(low + 1, count - 1)

    def spread(values: Floats) -> Floats:
        weight = share[:, None] if values.ndim == 2 else share
        return np.asarray(values[low] * (1 - weight) + values[high] * weight, dtype=np.float32)

    voiced = spread(spectra.voicing) > 0.5
    vowel = always_voiced(clause.track, clause.frames)[low]
    f0 = np.where(voiced | vowel, np.exp(spread(clause.log_f0)), 0.0)
    cepstrum = spread(spectra.cepstrum)
    cepstrum[:, 1] += mood.tilt
    cepstrum[:, 0] += mood.gain_db * np.log(10) / 20
    features = world.Features(
        np.clip(f0, 0.0, 700.0).astype(np.float32),
        cepstrum,
        spread(np.minimum(spectra.aperiodicity + mood.breath_db, -0.01))[:, None],
    )
    samples = world.synthesise(features)[: int(count * world.SAMPLE_RATE / 100)]
    peak = float(np.abs(samples).max(initial=0.0))
    return (samples * min(1.0, _PEAK / max(peak, 1e-9))).astype(np.float32)


def always_voiced(track: tracks.PhoneTrack, frames: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Frames of vowels that are not said without a voice, whatever a network thinks, ``[T]``."""
    return np.isin(np.repeat(track.phone, frames), _ALWAYS_VOICED)


_ALWAYS_VOICED: Final = [ph.PHONE_ID[phone] for phone in ph.VOWELS if phone not in ("AH", "IH")]
