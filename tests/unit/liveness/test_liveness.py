from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audiokit import Audio
from safeguards import liveness
from safeguards.detector.vocoders import mel_real_phases, phases_blurred
from safeguards.evidence import LivenessEvidence
from safeguards.gate import LIVE, ConsentPermit, permit_consent
from safeguards.liveness import Prompt
from safeguards.liveness.assess import evidence_of
from safeguards.liveness.presentation import LOUDSPEAKERS, live, replay, splice
from safeguards.liveness.splice import SpliceCues
from tests import speech_data
from tests.factories import evidence as made

PHONE, HIFI = LOUDSPEAKERS[0], LOUDSPEAKERS[-1]
NAMES = ("kathleen", "LJ", "ls1998", "ls2414", "ls367")


def _samples(name: str) -> np.ndarray:
    return speech_data.load(speech_data.clips(name)[0]).to_mono()


def _assess(samples: np.ndarray, prompt: Prompt | None = None) -> liveness.LivenessEvidence:
    return liveness.assess(Audio.mono(samples, 16_000), prompt)


def test_most_people_pass() -> None:
    passed = [_assess(_samples(name)).passed for name in NAMES]
    assert sum(passed) >= len(NAMES) - 1


def test_a_phone_loudspeaker_is_told_from_a_person_in_the_same_room() -> None:
    rng = np.random.default_rng(1)
    person = [_assess(live(_samples(name), rng)).p_replay for name in NAMES]
    phone = [_assess(replay(_samples(name), PHONE, rng)).p_replay for name in NAMES]
    assert np.median(phone) > 0.9
    assert np.median(person) < 0.4


def test_words_pasted_between_digital_silence_are_a_splice() -> None:
    samples = _samples("ls2414")
    pieces = [samples[start : start + 9_000] for start in range(8_000, 80_000, 16_000)]
    quiet = np.zeros(4_000, np.float32)
    pasted = np.concatenate([part for piece in pieces for part in (piece, quiet)])
    evidence = _assess(pasted)
    assert evidence.splice > 0.5
    assert not evidence.passed
    assert _assess(samples).splice < 0.5


def test_splicing_is_simulated_with_the_words_whole() -> None:
    pieces = [np.full(8_000, 0.1, np.float32), np.full(4_000, 0.2, np.float32)]
    joined = splice(pieces, np.random.default_rng(0))
    assert len(joined) >= 12_000
    assert np.isfinite(joined).all()


@pytest.mark.parametrize("seconds", [0.0, 0.3, 3.0])
def test_silence_does_not_pass(seconds: float) -> None:
    evidence = _assess(np.zeros(round(16_000 * seconds), np.float32))
    assert not evidence.passed


def test_a_word_spoken_before_it_was_shown_does_not_pass() -> None:
    samples = _samples("kathleen")
    human = _assess(samples, Prompt(shown_s=[0.0, 1.5], spoken_s=[0.6, 2.1]))
    machine = _assess(samples, Prompt(shown_s=[0.0, 1.5], spoken_s=[0.6, 1.4]))
    assert human.passed
    assert human.cues["shortest_reaction_s"] == pytest.approx(0.6)
    assert not machine.passed
    assert machine.cues["reaction_ok"] == 0.0


def test_a_recording_that_lags_far_behind_the_prompt_does_not_pass() -> None:
    assert not _assess(_samples("kathleen"), Prompt(shown_s=[0.0], spoken_s=[9.0])).passed


def test_every_probability_lies_between_zero_and_one() -> None:
    evidence = _assess(replay(_samples("LJ"), HIFI, np.random.default_rng(2)))
    assert all(0.0 <= value <= 1.0 for value in (evidence.p_synthetic, evidence.p_replay, evidence.splice))
    assert evidence.version.startswith("liveness-")


def _scored(
    synthetic: float = 0.1, replayed: float = 0.1, spliced: float = 0.1, dead: float = 0.0, remade: float = 0.1
) -> LivenessEvidence:
    odds = [float(np.log(one / (1.0 - one))) for one in (synthetic, remade, replayed, spliced)]
    return evidence_of(*odds, SpliceCues(0.0, 0.0, dead), "t", {})


@pytest.mark.parametrize("kind", ["synthetic", "remade", "replayed", "spliced"])
@pytest.mark.parametrize("beyond", [-0.02, 0.02])
def test_check_and_gate_never_disagree_about_a_score(kind: str, beyond: float) -> None:
    limits = {"synthetic": LIVE.synthetic_pass, "remade": LIVE.synthetic_pass,
              "replayed": LIVE.replay_pass, "spliced": LIVE.splice_pass}  # fmt: skip
    found = _scored(**{kind: limits[kind] + beyond})
    decided = permit_consent(replace(made.consent_evidence(), liveness=found), LIVE, made.NOW)
    assert found.passed is (beyond < 0.0)
    assert isinstance(decided, ConsentPermit) is (beyond < 0.0)
    if beyond > 0.0:  # the reason is the score's own, and no other beside it
        assert len(decided.codes) == 1


def test_the_surer_of_detector_and_onsets_counts_and_both_are_told() -> None:
    found = _scored(synthetic=0.2, remade=0.6)
    assert found.p_synthetic == pytest.approx(0.6)
    assert found.cues["detector"] == pytest.approx(0.2)
    assert found.cues["put_together_again"] == pytest.approx(0.6)
    assert _scored(synthetic=0.65, remade=0.2).p_synthetic == pytest.approx(0.65)


@pytest.mark.parametrize("kind", ["synthetic", "remade", "replayed", "spliced"])
def test_a_score_that_is_no_number_does_not_pass(kind: str) -> None:
    """Whichever of two numbers it stands beside."""
    found = _scored(**{kind: float("nan")})
    assert not found.passed
    assert not max(found.p_synthetic, found.p_replay, found.splice) <= LIVE.splice_pass


def test_recordings_whose_phases_were_blurred_are_told_from_the_recordings() -> None:
    people = {name: _samples(name)[: 10 * 16_000] for name in NAMES}
    own = [_assess(samples).cues["put_together_again"] for samples in people.values()]
    copied = [
        _assess(copy(samples.astype(np.float64), np.random.default_rng(seed)).astype(np.float32))
        for copy in (phases_blurred, mel_real_phases) for seed, samples in enumerate(people.values())
    ]  # fmt: skip
    assert np.median(own) < 0.3
    assert np.mean([found.p_synthetic > LIVE.synthetic_pass for found in copied]) >= 0.8


def test_pauses_without_any_background_are_a_splice_whatever_the_net_says() -> None:
    assert _scored(dead=0.2).passed
    assert _scored(dead=0.4).splice > LIVE.splice_pass
