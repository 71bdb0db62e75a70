"""What is embedded is read; what is not is not."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit import FORMATS, Audio, AudioFormat, read, write
from safeguards.watermark import WatermarkedAudio, WatermarkError, WatermarkKey, confirm, detect, embed
from tests.unit.watermark.clips import KEY, OTHER_KEY, PAYLOAD, speech


@pytest.mark.parametrize(("seconds", "which"), [(3.0, 0), (5.0, 1), (8.0, 2), (5.0, 3)])
def test_the_payload_comes_back(seconds: float, which: int) -> None:
    marked = embed(speech(seconds, which=which), PAYLOAD, KEY)
    found = detect(marked.audio, [KEY])
    assert found.present
    assert found.payload == PAYLOAD
    assert found.key_index == 0
    assert found.log10_p < -9
    assert found.spans
    assert sum(end - start for start, end in found.spans) > 0.5 * seconds


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 2), (44_100, 1), (22_050, 1), (24_000, 2)])
def test_other_rates_and_stereo_carry_the_mark(rate: int, channels: int) -> None:
    clip = speech(4.0, which=1, rate=rate, channels=channels)
    marked = embed(clip, PAYLOAD, KEY)
    assert marked.audio.sample_rate == rate
    assert marked.audio.samples.shape == clip.samples.shape
    assert detect(marked.audio, [KEY]).payload == PAYLOAD


@pytest.mark.parametrize("delivery", [f for f in FORMATS if f != "pcm"])
def test_every_delivery_format_carries_the_mark(delivery: AudioFormat) -> None:
    marked = embed(speech(3.0, which=2, rate=24_000), PAYLOAD, KEY).audio
    delivered = read(write(marked, delivery), max_seconds=10.0, max_bytes=1_000_000)
    assert detect(delivered, [KEY]).payload == PAYLOAD


def test_the_high_band_is_untouched() -> None:
    clip = speech(3.0, rate=48_000)
    delta = embed(clip, PAYLOAD, KEY).audio.samples[0] - clip.samples[0]
    spectrum = np.abs(np.fft.rfft(delta)) ** 2
    hz = np.fft.rfftfreq(len(delta), 1 / 48_000)
    assert spectrum[hz > 4200].sum() < 1e-5 * spectrum.sum()


def test_all_payload_extremes_are_read() -> None:
    for payload in (0, 2**32 - 1, 1 << 31):
        assert detect(embed(speech(4.0), payload, KEY).audio, [KEY]).payload == payload


def test_unmarked_speech_and_another_key_are_not_detected() -> None:
    for which in range(4):
        clip = speech(4.0, which=which)
        assert not detect(clip, [KEY]).present
        found = detect(embed(clip, PAYLOAD, OTHER_KEY).audio, [KEY])
        assert not found.present
        assert found.payload is None
        assert found.key_index is None


def test_the_right_key_of_several_is_named() -> None:
    marked = embed(speech(4.0), PAYLOAD, KEY)
    found = detect(marked.audio, [OTHER_KEY, WatermarkKey.from_bytes(b"r" * 32), KEY])
    assert (found.key_index, found.payload) == (2, PAYLOAD)


def test_embedding_is_deterministic() -> None:
    first = embed(speech(2.0), PAYLOAD, KEY).audio.samples
    assert np.array_equal(first, embed(speech(2.0), PAYLOAD, KEY).audio.samples)


def test_silence_stays_silent() -> None:
    silent = Audio(np.zeros((1, 16_000), np.float32), 16_000)
    marked = embed(silent, PAYLOAD, KEY)
    assert not marked.audio.samples.any()
    assert not detect(marked.audio, [KEY]).present


def test_digital_silence_around_speech_stays_silent() -> None:
    padded = np.concatenate([np.zeros(16_000, np.float32), speech(2.0).samples[0], np.zeros(16_000, np.float32)])
    marked = embed(Audio.mono(padded, 16_000), PAYLOAD, KEY).audio.samples[0]
    assert np.abs(marked[: 16_000 - 512]).max() < 1e-7
    assert np.abs(marked[-16_000 + 512 :]).max() < 1e-7


def test_no_peak_passes_full_scale() -> None:
    loud = speech(3.0).samples * np.float32(1 / np.abs(speech(3.0).samples).max())
    marked = embed(Audio(loud, 16_000), PAYLOAD, KEY)
    assert np.abs(marked.audio.samples).max() <= 1.0
    assert detect(marked.audio, [KEY]).payload == PAYLOAD


def test_the_change_is_small() -> None:
    clip = speech(5.0)
    delta = embed(clip, PAYLOAD, KEY).audio.samples - clip.samples
    ratio = 10 * np.log10(np.mean(clip.samples**2) / np.mean(delta**2))
    assert ratio > 12


def test_a_clip_of_half_a_second_is_marked_without_error() -> None:
    marked = embed(speech(0.5), PAYLOAD, KEY)
    assert marked.audio.samples.shape == (1, 8000)
    assert not np.array_equal(marked.audio.samples, speech(0.5).samples)


@pytest.mark.parametrize(
    ("samples", "rate", "payload", "code"),
    [
        (np.zeros((1, 7_999), np.float32), 16_000, 1, "too_short"),
        (np.zeros((1, 8_000), np.float32), 8_000, 1, "unsupported_rate"),
        (np.zeros((1, 96_000), np.float32), 96_000, 1, "unsupported_rate"),
        (np.zeros((3, 16_000), np.float32), 16_000, 1, "unsupported_channels"),
        (np.zeros((1, 16_000), np.float32), 16_000, -1, "bad_payload"),
        (np.zeros((1, 16_000), np.float32), 16_000, 1 << 32, "bad_payload"),
        (np.zeros((1, 16_000), np.float32), 16_000, True, "bad_payload"),
    ],
)
def test_what_cannot_be_marked_is_refused(samples: np.ndarray, rate: int, payload: int, code: str) -> None:
    with pytest.raises(WatermarkError) as caught:
        embed(Audio(samples, rate), payload, KEY)
    assert caught.value.code == code


def test_detection_without_keys_is_refused() -> None:
    with pytest.raises(WatermarkError) as caught:
        detect(speech(1.0), [])
    assert caught.value.code == "no_keys"


def test_empty_and_tiny_sound_is_not_detected() -> None:
    for samples in (0, 1, 100, 3_000):
        assert not detect(Audio(np.full((1, samples), 0.1, np.float32), 16_000), [KEY]).present


def test_nobody_else_makes_watermarked_audio() -> None:
    with pytest.raises(WatermarkError) as caught:
        WatermarkedAudio(speech(1.0), PAYLOAD, KEY.key_id)
    assert caught.value.code == "not_constructible"
    with pytest.raises(WatermarkError):
        WatermarkedAudio(speech(1.0), PAYLOAD, KEY.key_id, object())


def test_no_span_passes_the_end_of_the_sound() -> None:
    found = detect(embed(speech(3.0), PAYLOAD, KEY).audio, [KEY])
    assert found.spans
    assert 0.0 <= found.spans[0][0] < found.spans[-1][1] <= 3.0


def test_a_supposed_payload_is_confirmed_where_it_is_and_nowhere_else() -> None:
    for which in range(3):
        clip = speech(4.0, which=which)
        marked = embed(clip, PAYLOAD, KEY).audio
        found = confirm(marked, PAYLOAD, KEY)
        assert (found.present, found.payload, found.key_index) == (True, PAYLOAD, 0)
        # Every cell speaks, and no payload had to be found among all.
        assert found.log10_p < detect(marked, [KEY]).log10_p
        assert sum(end - start for start, end in found.spans) > 2.0
        # The pilots of another payload are the same; what it says is not.
        assert not confirm(marked, PAYLOAD ^ 0x5A5A5A5A, KEY).present
        assert not confirm(marked, PAYLOAD, OTHER_KEY).present
        assert not confirm(clip, PAYLOAD, KEY).present


def test_silence_and_snippets_confirm_nothing() -> None:
    assert confirm(Audio.mono(np.zeros(16_000), 16_000), PAYLOAD, KEY).log10_p == 0.0
    assert not confirm(speech(0.2), PAYLOAD, KEY).present
