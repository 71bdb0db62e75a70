"""Misuse of a consent recording, at the level of the checks: cases 4, 5, 7 and 8. Rates on more speech: docs/checks.md."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from audiokit import Audio
from safeguards import challenge, detector, liveness, speaker
from safeguards.challenge.lexicon import tokens
from safeguards.challenge.reading import Reading
from safeguards.liveness.presentation import LOUDSPEAKERS, cut_into_words, replay
from tests import speech_data

RATE = 16_000
NAMES = ("kathleen", "LJ", "ls1688", "ls1998", "ls2033", "ls2414", "ls367")


def _audio(*pieces: np.ndarray) -> Audio:
    return Audio.mono(np.concatenate(pieces), RATE)


def _takes(name: str) -> list[Audio]:
    return [speech_data.load(clip) for clip in speech_data.clips(name)]


@pytest.mark.parametrize("victim", NAMES)
def test_case_4_nobody_else_reaches_the_false_accept_rate_the_gate_asks_for(victim: str) -> None:
    enrolment = _takes(victim)[1:]
    rates = {name: speaker.llr(enrolment, _takes(name)[0]).accepted_at_far for name in NAMES if name != victim}
    assert min(rates.values()) > 1e-3, rates


def test_case_5_resynthesised_consent_is_not_taken_for_a_person() -> None:
    import pyworld

    caught = 0
    for name in NAMES:
        signal = _takes(name)[0].to_mono().astype(np.float64)
        coarse, times = pyworld.dio(signal, RATE)
        f0 = pyworld.stonemask(signal, coarse, times, RATE)
        cepstra = np.fft.irfft(np.log(pyworld.cheaptrick(signal, f0, times, RATE)), axis=1)
        cepstra[:, 30:-30] = 0.0
        envelope = np.exp(np.fft.rfft(cepstra, axis=1).real)
        made = pyworld.synthesize(f0, envelope, pyworld.d4c(signal, f0, times, RATE), RATE)
        caught += detector.score(Audio.mono(made, RATE)).p_synthetic > 0.5
    assert caught >= len(NAMES) - 1


def test_case_5_consent_from_a_phone_loudspeaker_does_not_pass() -> None:
    rng = np.random.default_rng(3)
    evidence = [
        liveness.assess(Audio.mono(replay(_takes(name)[0].to_mono(), LOUDSPEAKERS[0], rng), RATE)) for name in NAMES
    ]
    assert sum(not one.passed for one in evidence) >= len(NAMES) - 1


def _statement_and_words() -> tuple[np.ndarray, str, np.ndarray, str]:
    first, second = speech_data.clips("LJ")[:2]
    return speech_data.load(first).to_mono(), first.transcript, speech_data.load(second).to_mono(), second.transcript


def test_case_7_half_a_statement_fails() -> None:
    said, statement, spoken, words = _statement_and_words()
    whole = challenge.check(_audio(said, spoken), [words], statement=statement)
    half = challenge.check(_audio(said[len(said) // 2 :], spoken), [words], statement=statement)
    assert whole.passed, whole.problem
    assert not half.passed


def test_case_7_a_statement_with_a_word_exchanged_fails() -> None:
    said, statement, spoken, words = _statement_and_words()
    shown = " ".join([*tokens(statement)[:4], "cucumber", *tokens(statement)[5:]])
    assert not challenge.check(_audio(said, spoken), [words], statement=shown).passed


def test_case_7_words_cut_out_of_the_challenge_fail() -> None:
    said, statement, spoken, words = _statement_and_words()
    said_words = tokens(words)
    place = max(range(len(said_words)), key=lambda number: len(said_words[number]))
    start, end = Reading(spoken, said_words).spans[place]
    edited = np.concatenate([spoken[: round(start * RATE)], spoken[round(end * RATE) :]])
    assert not challenge.check(_audio(said, edited), [words], statement=statement).passed


def test_case_8_a_second_person_in_the_middle_lowers_consistency() -> None:
    alone, mixed = [], []
    for first, second in pairwise(NAMES):
        one, two = (np.concatenate([take.to_mono() for take in _takes(name)[:2]]) for name in (first, second))
        alone.append(speaker.consistency(Audio.mono(one, RATE)))
        mixed.append(speaker.consistency(_audio(one[: len(one) // 2], two[: len(two) // 2])))
    apart = [a is not None and b is not None and a > b for a, b in zip(alone, mixed, strict=True)]
    assert sum(apart) >= len(apart) - 1


def test_case_8_the_right_persons_words_pasted_with_silence_between_do_not_pass() -> None:
    rng = np.random.default_rng(5)
    caught = 0
    for name in NAMES:
        pieces = cut_into_words(_takes(name)[0].to_mono(), rng)
        gap = np.zeros(3_200, np.float32)
        pasted = np.concatenate([part for piece in pieces for part in (piece, gap)])
        caught += not liveness.assess(Audio.mono(pasted, RATE)).passed
    assert caught >= len(NAMES) - 1


def test_case_8_one_strange_take_among_many_is_named_by_its_own_comparison() -> None:
    enrolment, stranger = _takes("ls1998"), _takes("ls2414")[0]
    rates = [speaker.llr([take for take in enrolment if take is not one], one).accepted_at_far for one in enrolment]
    assert max(rates) < speaker.llr(enrolment, stranger).accepted_at_far
