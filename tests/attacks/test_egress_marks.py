"""Misuse case 20: a mark stripped, trimmed, transcoded, or copied onto human speech."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit import Audio, resample, write
from safeguards import watermark
from synthesis import rawaudio
from synthesis.egress import release as egress_release
from synthesis.egress.credentials import watermark_keys
from tests import speech_data
from tests.fakes.engine import SineEngine
from tests.fakes.fixtures import engine, nudges
from tests.fakes.questions import Released, ask, outcome, release
from tests.fakes.world import make_world

__all__ = ["engine", "nudges"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def released(engine: SineEngine) -> Released:
    """One clip among others."""
    world = make_world()
    release(world, text="Another text, which is not the one that is asked about.", seed=1)
    return release(world, text="This is the text that is going to be attacked in several ways.", seed=2)


def _cut(sound: Audio, start_s: float, end_s: float) -> Audio:
    rate = sound.sample_rate
    return Audio(sound.samples[:, round(start_s * rate) : round(end_s * rate)].copy(), rate)


@pytest.mark.parametrize("delivered", ["flac", "mp3", "opus", "aac"])
def test_20_a_transcoded_clip_is_recognised_by_its_mark(released: Released, delivered: str) -> None:
    answer = ask(write(released.heard, delivered))  # type: ignore[arg-type]

    assert answer["verdict"] == "generated_here"
    assert answer["chain"]["clip"]["id"] == released.clip.pk
    assert outcome(answer, "exact_hash") == "not_found"
    assert outcome(answer, "manifest") in {"not_found", "not_applicable"}
    assert answer["conflicts"] == []


def test_20_a_trimmed_clip_is_recognised_and_the_marked_span_named(released: Released) -> None:
    silence = Audio.mono(0.001 * np.random.default_rng(3).standard_normal(16_000), 16_000)
    part = _cut(released.heard, 1.0, 3.0)
    padded = Audio(np.concatenate([silence.samples, part.samples, silence.samples], axis=1), 16_000)

    answer = ask(write(padded, "wav"))

    assert answer["verdict"] == "generated_here"
    assert answer["chain"]["clip"]["id"] == released.clip.pk
    mark = next(item for item in answer["techniques"] if item["name"] == "watermark")
    start, end = mark["spans"][0][0], mark["spans"][-1][1]
    assert 0.0 <= start <= 1.5
    assert 2.5 <= end <= 4.0


def test_20_a_clip_whose_mark_was_stripped_is_found_by_its_fingerprint(
    engine: SineEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The strongest stripping there is: the attacker holds the very sound that was marked."""
    world = make_world()
    bare: list[Audio] = []
    unpack = rawaudio.unpack
    monkeypatch.setattr(egress_release.rawaudio, "unpack", lambda data: bare.append(unpack(data)) or bare[-1])
    released = release(world, text="This is the text whose mark is going to be taken away.")

    answer = ask(write(bare[0], "mp3"))

    assert outcome(answer, "watermark") == "not_found"
    assert answer["verdict"] == "generated_here"
    assert answer["conflicts"] == ["mark_removed"]
    assert answer["chain"]["clip"]["id"] == released.clip.pk


@pytest.mark.parametrize("number", range(3))
def test_20_a_mark_copied_onto_human_speech_does_not_make_it_ours(released: Released, number: int) -> None:
    """The strongest copy there is: embedded with the very key, which no attacker holds."""
    human = resample(speech_data.load(speech_data.clips(min_seconds=3.0)[number]), 16_000)
    forged = watermark.embed(human, released.clip.payload, watermark_keys()[0])

    answer = ask(write(forged.audio, "wav"))

    assert outcome(answer, "watermark") == "found"
    assert answer["conflicts"] == ["mark_copied"]
    assert answer["verdict"] == "inconclusive"
    assert answer["chain"]["clip"]["id"] == released.clip.pk, "an auditor learns whose mark was copied"


def test_20_a_manifest_moved_to_other_sound_is_worth_nothing(released: Released) -> None:
    """The manifest's bytes are kept and the sound's are changed: hashes no longer hold."""
    forged = bytearray(released.data)
    at = forged.find(b"data") + 8
    forged[at : at + 4000] = bytes(4000)

    answer = ask(bytes(forged))

    assert outcome(answer, "manifest") == "not_found"


def test_20_human_speech_is_not_ours(released: Released) -> None:
    human = speech_data.load(speech_data.clips(min_seconds=3.0)[0])

    answer = ask(write(human, "wav"))

    assert answer["verdict"] == "not_detected"
    assert answer["chain"] is None
