"""A clip is marked as gently as its mark can bear."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit import Audio
from safeguards.watermark import embed, strength
from safeguards.watermark.cells import cell_sums, z_score
from safeguards.watermark.embed import clip_cells, sign_frames
from safeguards.watermark.features import power, score_map
from safeguards.watermark.layout import RATE, SEQUENCE_FRAMES, SLOT_FRAMES, Array
from safeguards.watermark.pattern import sought, start_slot
from tests.unit.watermark.clips import KEY, PAYLOAD, speech


def _score(clip: Audio) -> float:
    spectrum = power(clip.samples[0])
    return strength.score_of(spectrum, sign_frames(clip_cells(PAYLOAD, KEY), 0, spectrum.shape[1]))


def _pilots(clip: Audio) -> float:
    scores = score_map(power(clip.samples[0]))
    at = (np.arange(scores.shape[1]) + start_slot(PAYLOAD, KEY) * SLOT_FRAMES) % SEQUENCE_FRAMES
    return z_score(cell_sums(scores, at), sought(KEY, None))


def _mostly_pause() -> Audio:
    """Speech of 5 s of which 3 are near silence."""
    samples: Array = speech(5.0).samples[0].copy()
    samples[2 * RATE :] *= np.float32(1e-3)
    return Audio.mono(samples, RATE)


def test_short_clips_are_not_eased_and_those_of_five_seconds_fully() -> None:
    assert strength.easing(1.0) == strength.easing(1.5) == 0.0
    assert 0.0 < strength.easing(3.0) < 1.0
    assert strength.easing(5.0) == strength.easing(60.0) == 1.0


def test_pauses_are_eased_as_far_as_the_score_allows() -> None:
    shares = [strength.pauses_eased(z, 5.0) for z in (40.0, 29.0, 27.0, 22.0, 16.5, 10.0, 0.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[:2] == [1.0, 1.0]
    assert shares[3:] == pytest.approx([0.75, 0.375, 0.0, 0.0])
    assert strength.pauses_eased(29.0 * 7**0.5, 7.0) == 1.0


def test_data_lead_in_clips_of_five_seconds() -> None:
    assert [strength.pilot_lean(s) for s in (1.0, 3.0)] == [0.0, 0.0]
    assert strength.pilot_lean(5.0) == strength.pilot_lean(7.0) < strength.pilot_lean(4.0) < 0.0


def test_pauses_of_ten_seconds_are_not_eased_and_pilots_lead() -> None:
    assert 0.0 < strength.pilot_lean(9.0) < strength.pilot_lean(10.0) == strength.pilot_lean(30.0)
    assert strength.pauses_eased(90.0, 10.0) == strength.pauses_eased(90.0, 30.0) == 0.0
    assert 0.0 < strength.pauses_eased(90.0, 8.5) < 1.0


def test_a_long_clip_s_pilots_are_marked_more_strongly_than_its_data(monkeypatch: pytest.MonkeyPatch) -> None:
    clip = Audio.mono(np.resize(speech(5.0).samples[0], 10 * RATE), RATE)
    given = _pilots(embed(clip, PAYLOAD, KEY).audio)
    monkeypatch.setattr(strength, "_LEANS", (0.0,) * 4)
    assert given > 1.05 * _pilots(embed(clip, PAYLOAD, KEY).audio)


def test_data_of_five_seconds_are_marked_more_strongly_than_pilots(monkeypatch: pytest.MonkeyPatch) -> None:
    given = _pilots(embed(speech(5.0), PAYLOAD, KEY).audio)
    monkeypatch.setattr(strength, "_LEANS", (0.0,) * 4)
    assert given < 0.97 * _pilots(embed(speech(5.0), PAYLOAD, KEY).audio)


def test_the_embedder_s_score_is_the_detector_s() -> None:
    marked = embed(speech(3.0), PAYLOAD, KEY).audio
    scores = score_map(power(marked.samples[0]))
    at = (np.arange(scores.shape[1]) + start_slot(PAYLOAD, KEY) * SLOT_FRAMES) % SEQUENCE_FRAMES
    assert _score(marked) == pytest.approx(z_score(cell_sums(scores, at), sought(KEY, PAYLOAD)), rel=1e-3)


def test_a_clip_that_is_mostly_pause_is_marked_more_strongly(monkeypatch: pytest.MonkeyPatch) -> None:
    clip = _mostly_pause()
    given = _score(embed(clip, PAYLOAD, KEY).audio)
    monkeypatch.setattr(strength, "SHARES", (1.0, 1.0, 1.0, 1.0))
    assert given > 1.1 * _score(embed(clip, PAYLOAD, KEY).audio)
