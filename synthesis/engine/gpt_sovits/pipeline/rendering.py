"""Utterances to sound: tokens for all of them together, second attempts where something is amiss, then samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthesis.engine.gpt_sovits.pipeline import plausibility
from synthesis.engine.gpt_sovits.pipeline.decoding import decode
from synthesis.engine.gpt_sovits.pipeline.networks import Networks
from synthesis.engine.gpt_sovits.pipeline.options import Options
from synthesis.engine.gpt_sovits.pipeline.utterance import Utterance, request_of
from synthesis.engine.gpt_sovits.t2s.generate import generate_batch


@dataclass(frozen=True, eq=False)
class Spoken:
    """One utterance, spoken.

    Attributes:
        utterance: with the seed that was taken in the end.
        tokens: semantic tokens.
        samples: ``[T]`` at 32 kHz.
        attempts: how often it was spoken.
        doubt: 0 when length, and words where they were checked, are plausible; more is worse.
    """

    utterance: Utterance
    tokens: tuple[int, ...]
    samples: NDArray[np.float32]
    attempts: int
    doubt: float


@dataclass(frozen=True, eq=False)
class _Try:
    utterance: Utterance
    tokens: tuple[int, ...]
    doubt: float


def speak(networks: Networks, utterances: Sequence[Utterance], options: Options) -> list[Spoken]:
    """Speak each utterance, at most ``options.attempts`` times, and keep the least doubtful attempt.

    Raises:
        EngineError: ``text_too_long``.
    """
    best: dict[int, Spoken] = {}
    waiting = list(range(len(utterances)))
    for attempt in range(max(options.attempts, 1)):
        tries = _tokens(networks, [utterances[index].again(attempt) for index in waiting], options)
        # Sound is made only of what may be kept: of a plausible length, or not yet bettered.
        wanted = [(i, t) for i, t in zip(waiting, tries, strict=True) if i not in best or t.doubt < best[i].doubt]
        sounds = decode(networks, [t.utterance for _, t in wanted], [t.tokens for _, t in wanted], options)
        for (index, tried), samples in zip(wanted, sounds, strict=True):
            doubt = tried.doubt + _misspoken(tried.utterance, samples, options)
            if index not in best or doubt < best[index].doubt:
                best[index] = Spoken(tried.utterance, tried.tokens, samples, attempt + 1, doubt)
        waiting = [index for index in waiting if best[index].doubt > 0]
        if not waiting:
            break
    return [best[index] for index in range(len(utterances))]


def _tokens(networks: Networks, utterances: Sequence[Utterance], options: Options) -> list[_Try]:
    drawn = generate_batch(networks.t2s, [request_of(networks, utterance, options) for utterance in utterances])
    return [
        _Try(utterance, tuple(tokens), plausibility.strain(utterance, len(tokens)))
        for utterance, tokens in zip(utterances, drawn, strict=True)
    ]


def _misspoken(utterance: Utterance, samples: NDArray[np.float32], options: Options) -> float:
    english = all(stretch.language == "en" for stretch in utterance.piece.stretches)
    if not options.check_words or not english:
        return 0.0
    return plausibility.amiss(samples, " ".join(stretch.norm for stretch in utterance.piece.stretches))
