"""The mark outlives what sound meets on its way. Fixed clips, keys and seeds: each of these is read, not most of them."""

from __future__ import annotations

import zlib
from functools import lru_cache

import numpy as np
import pytest

from audiokit import Audio
from bench.watermark.attacks import RATE, Array, suite
from safeguards.watermark import Detection, confirm, detect, embed
from tests.unit.watermark.clips import KEY, OTHER_KEY, PAYLOAD, speech

READ = (
    "none", "mp3_64k", "mp3_32k", "aac_32k", "opus_16k", "opus_12k", "vorbis", "g711", "amr_nb_12.2k",
    "resample_8k", "eight_bit", "lowpass_3k4", "highpass_500", "clipping", "random_eq_9db", "compressor", "polarity",
    "white_20db", "pink_20db", "babble_10db", "echo", "reverb_0.6s", "replay_chain", "wiener",
    "spectral_denoise", "mel_resynthesis", "crop_2s", "speed_-10%", "speed_+10%", "tempo_-10%", "tempo_+5%", "pitch_-1st",
    "pitch_+1st", "silence_removed", "cuts_5x100ms", "half_spliced", "marked_twice",
)  # fmt: skip


@lru_cache(maxsize=2)
def _marked(seconds: float) -> Array:
    sound: Array = embed(speech(seconds, which=1), PAYLOAD, KEY).audio.samples[0]
    return sound


def _attacked(name: str, seconds: float) -> Detection:
    voices = [speech(4.0, which=i).samples[0] for i in (0, 2, 3, 4)]
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return detect(Audio.mono(suite(voices)[name](_marked(seconds), rng), RATE), [KEY])


@pytest.mark.parametrize("name", READ)
def test_five_seconds_are_read_after(name: str) -> None:
    found = _attacked(name, 5.0)
    assert found.present
    assert found.payload == PAYLOAD


@pytest.mark.parametrize(
    ("name", "seconds"), [("gsm_fr", 5.0), ("phone_chain", 5.0), ("crop_1s", 5.0), ("white_10db", 10.0)]
)
def test_the_mark_is_at_least_detected_after(name: str, seconds: float) -> None:
    found = _attacked(name, seconds)
    assert found.present
    assert found.payload in (None, PAYLOAD)


@pytest.mark.parametrize(("name", "which"), [("amr_nb_4.75k", 1), ("white_10db", 0), ("white_10db", 1)])
def test_a_mark_that_is_not_read_is_confirmed_and_no_other_is(name: str, which: int) -> None:
    voices = [speech(4.0, which=i).samples[0] for i in (0, 2, 3, 4)]
    attack = suite(voices)[name]

    def attacked(sound: Audio) -> Audio:
        return Audio.mono(attack(sound.samples[0], np.random.default_rng(zlib.crc32(name.encode()))), RATE)

    heard = attacked(embed(speech(10.0, which=which), PAYLOAD, KEY).audio)
    found = confirm(heard, PAYLOAD, KEY)
    assert found.payload == PAYLOAD
    blind = detect(heard, [KEY])
    assert blind.payload is None
    # Blind detection has the pilots alone, which are the stronger half of so long a clip: confirming gains some decades on it.
    assert found.log10_p < blind.log10_p - 2
    assert not confirm(heard, PAYLOAD ^ 0x0F1E2D3C, KEY).present
    assert not confirm(heard, PAYLOAD, OTHER_KEY).present
    assert not confirm(attacked(speech(10.0, which=which)), PAYLOAD, KEY).present


def test_spans_name_the_marked_half() -> None:
    voices = [speech(4.0, which=i).samples[0] for i in (0, 2, 3, 4)]
    found = detect(Audio.mono(suite(voices)["half_spliced"](_marked(5.0), np.random.default_rng(1)), RATE), [KEY])
    inside = sum(max(0.0, min(end, 2.5) - start) for start, end in found.spans)
    outside = sum(max(0.0, end - max(start, 3.1)) for start, end in found.spans)
    assert inside > 1.5
    assert outside < 0.3
