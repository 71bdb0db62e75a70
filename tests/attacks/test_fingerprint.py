"""A clip is found again after what audio meets on its way, and after what somebody does to it on purpose."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit import Audio
from safeguards.fingerprint import FingerprintIndex, extract
from safeguards.fingerprint.distortions import DISTORTIONS
from tests.speech_data import clips, load

SPOKEN = [load(clip).samples[0].astype(np.float64)[:48_000] for clip in clips(min_seconds=3.5)[:12]]


def printed(samples: np.ndarray) -> bytes:
    return extract(Audio.mono(samples / max(1.0, float(np.abs(samples).max())), 16_000))


@pytest.fixture(scope="module")
def index() -> FingerprintIndex:
    filled = FingerprintIndex()
    for number, samples in enumerate(SPOKEN):
        filled.add(str(number), printed(samples))
    return filled


@pytest.mark.parametrize("name", list(DISTORTIONS))
def test_three_seconds_are_found_again(index: FingerprintIndex, name: str) -> None:
    for number in (0, 7):
        changed = DISTORTIONS[name](SPOKEN[number], np.random.default_rng(3))
        best = index.query(printed(changed), top=1)[0]
        assert best.id == str(number)
        assert best.surprising


def test_a_second_from_the_middle_is_found(index: FingerprintIndex) -> None:
    best = index.query(printed(SPOKEN[4][16_000:32_000]), top=1)[0]
    assert (best.id, best.surprising) == ("4", True)


def test_the_half_left_of_a_spliced_clip_is_found(index: FingerprintIndex) -> None:
    spliced = np.concatenate([SPOKEN[2][:24_000], SPOKEN[9][::-1][:24_000]])
    best = index.query(printed(spliced), top=1)[0]
    assert (best.id, best.surprising) == ("2", True)


def test_speech_that_was_never_added_is_not_claimed(index: FingerprintIndex) -> None:
    strangers = [load(clip).samples[0].astype(np.float64)[:48_000] for clip in clips(min_seconds=3.5)[12:]]
    assert strangers
    for samples in strangers:
        for name in ("opus", "white 10 dB", "telephone"):
            changed = DISTORTIONS[name](samples, np.random.default_rng(3))
            assert not index.query(printed(changed), top=1)[0].believed
