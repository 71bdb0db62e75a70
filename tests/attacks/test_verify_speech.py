"""What ``verify`` says of real speech whose mark and fingerprint agree, whose mark was copied, or whose mark was taken away."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit import Audio, resample, write
from safeguards import watermark
from synthesis.egress.credentials import watermark_keys
from tests import speech_data
from tests.fakes.engine import SineEngine
from tests.fakes.fixtures import engine, nudges
from tests.fakes.questions import Released, ask, outcome, release
from tests.fakes.world import make_world

__all__ = ["engine", "nudges"]
pytestmark = pytest.mark.django_db


def _speech(number: int) -> Audio:
    """Up to 4 s of recorded speech at the engine's rate, a different recording for each number."""
    sound = resample(speech_data.load(speech_data.clips(min_seconds=3.0)[number]), 16_000)
    return Audio.mono(sound.to_mono()[: 4 * 16_000], 16_000)


@pytest.fixture
def spoken() -> Audio:
    return _speech(0)


@pytest.fixture
def released(engine: SineEngine, spoken: Audio, monkeypatch: pytest.MonkeyPatch) -> Released:
    """A released clip of real speech, after another one."""
    sounds = iter([_speech(1), spoken])
    monkeypatch.setattr(engine, "_speak", lambda item: next(sounds))
    world = make_world()
    release(world, text="One text.", seed=1)
    return release(world, text="Another text.", seed=2)


@pytest.mark.parametrize("form", ["mp3", "telephone"])
def test_mark_and_fingerprint_agree_on_a_copy(released: Released, form: str) -> None:
    heard = resample(released.heard, 8_000) if form == "telephone" else released.heard

    answer = ask(write(heard, "wav" if form == "telephone" else "mp3"))

    assert outcome(answer, "watermark") == outcome(answer, "fingerprint") == "found"
    assert answer["conflicts"] == []
    assert answer["verdict"] == "generated_here"
    assert answer["chain"]["clip"]["id"] == released.clip.pk


@pytest.mark.parametrize("number", [2, 3])
def test_a_mark_on_other_speech_is_a_copied_mark(released: Released, number: int) -> None:
    forged = watermark.embed(_speech(number), released.clip.payload, watermark_keys()[0])

    answer = ask(write(forged.audio, "wav"))

    assert outcome(answer, "watermark") == "found"
    assert answer["conflicts"] == ["mark_copied"]
    assert answer["verdict"] == "inconclusive"


@pytest.mark.parametrize("number", [2, 3, 5])
def test_the_difference_of_a_clip_laid_on_other_speech_never_makes_it_ours(
    released: Released, spoken: Audio, number: int
) -> None:
    """Whoever holds a clip with and without its mark holds the difference, and no key. Keys and numbers differ from run to run: in some
    the mark is gone, in some it is there and cannot be read, in some it names the clip that it was taken from."""
    length = min(released.heard.samples.shape[1], spoken.samples.shape[1])
    difference = released.heard.samples[:, :length] - spoken.samples[:, :length]
    other = np.resize(_speech(number).samples, (1, length))

    answer = ask(write(Audio(np.clip(other + difference, -1, 1), 16_000), "wav"))

    marked = outcome(answer, "watermark") == "found"
    assert answer["verdict"] == ("inconclusive" if marked else "not_detected")
    assert (answer["conflicts"] in (["mark_unplaced"], ["mark_copied"])) is marked


def test_a_clip_without_its_mark_is_a_removed_mark(released: Released, spoken: Audio) -> None:
    answer = ask(write(spoken, "mp3"))

    assert outcome(answer, "watermark") == "not_found"
    assert outcome(answer, "fingerprint") == "found"
    assert answer["conflicts"] == ["mark_removed"]
    assert answer["verdict"] == "generated_here"
    assert answer["chain"]["clip"]["id"] == released.clip.pk


def test_speech_that_was_never_ours_is_neither(released: Released) -> None:
    answer = ask(write(_speech(4), "wav"))

    assert answer["verdict"] == "not_detected"
    assert answer["conflicts"] == []
