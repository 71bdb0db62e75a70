"""What is measured of a new model, on engines whose likeness is known: one that echoes, one that is somebody else, one that buzzes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audiokit import Audio
from synthesis.engine.protocol import EngineError, RenderItem
from synthesis.training.measures import measure
from synthesis.training.readings import HELD_BACK, LEAST_TO_HOLD_BACK, _held_back
from tests.fakes.engine import SineEngine, sine_voice
from tests.speech_data import clips, load


class Echo(SineEngine):
    """Says what it was given."""

    def __init__(self, sounds: Sequence[Audio]) -> None:
        super().__init__()
        self.sounds = list(sounds)

    def render_batch(self, items: Sequence[RenderItem]) -> list[Audio]:
        return self.sounds[: len(items)]


class Mute(SineEngine):
    """Cannot say it."""

    def render_batch(self, items: Sequence[RenderItem]) -> list[Audio]:
        raise EngineError("language_unsupported", "No.")


def _readings(speaker: str) -> list[tuple[Audio, str]]:
    found = [clip for clip in clips(speaker=speaker) if clip.transcript][:2]
    return [(load(clip), clip.transcript) for clip in found]


def test_a_copy_of_the_owner_is_more_alike_than_another_person_and_as_well_understood_as_the_owner() -> None:
    own, other = _readings("kathleen"), _readings("LJ")

    copied = measure(Echo([sound for sound, _ in own]), sine_voice(), own, "en")
    foreign = measure(Echo([sound for sound, _ in other]), sine_voice(), own, "en")

    assert copied["similarity"] > 0.99 > 0.8 > foreign["similarity"]
    assert copied["intelligibility"] == copied["intelligibility_owner"] >= 0.8 > foreign["intelligibility"]
    assert copied["readings"] == 2.0


def test_in_a_language_without_a_recogniser_only_likeness_is_measured() -> None:
    own = _readings("kathleen")

    assert set(measure(Echo([sound for sound, _ in own]), sine_voice(), own, "ja")) == {"similarity", "readings"}


def test_what_cannot_be_measured_has_no_figures() -> None:
    own = _readings("kathleen")
    silence = Audio.mono(np.zeros(16_000, np.float32), 16_000)

    assert measure(Mute(), sine_voice(), own, "en") == {}
    assert measure(Echo([silence, silence]), sine_voice(), own, "en") == {}
    assert measure(SineEngine(), sine_voice(), [], "en") == {}


def test_readings_of_middling_length_are_held_back_when_there_are_enough() -> None:
    assert _held_back([1.0] * (LEAST_TO_HOLD_BACK - 1)) == frozenset()
    kept = _held_back([float(number) for number in range(LEAST_TO_HOLD_BACK)])
    assert len(kept) == HELD_BACK
    assert kept == {5, 6}
