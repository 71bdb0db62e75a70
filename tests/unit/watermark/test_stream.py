"""The stream embedder marks like the whole-clip one."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit import Audio
from safeguards.watermark import StreamEmbedder, WatermarkError, detect
from tests.unit.watermark.clips import KEY, PAYLOAD, speech


def _run(clip: Audio, chunk: int) -> tuple[np.ndarray, int, StreamEmbedder]:
    stream = StreamEmbedder(clip.sample_rate, PAYLOAD, KEY)
    source = clip.samples[0] if clip.channels == 1 else clip.samples
    out, pushed, held = [], 0, 0
    for at in range(0, source.shape[-1], chunk):
        part = source[..., at : at + chunk]
        pushed += part.shape[-1]
        out.append(stream.push(part))
        held = max(held, pushed - sum(o.shape[-1] for o in out))
    out.append(stream.flush())
    return np.concatenate(out, axis=-1), held, stream


@pytest.mark.parametrize(("rate", "channels", "chunk"), [(16_000, 1, 1600), (24_000, 1, 4801), (44_100, 2, 9999)])
def test_a_stream_is_detected_like_a_clip(rate: int, channels: int, chunk: int) -> None:
    clip = speech(5.0, which=1, rate=rate, channels=channels)
    out, held, stream = _run(clip, chunk)
    assert out.shape == (clip.samples[0].shape if channels == 1 else clip.samples.shape)
    assert held <= 0.5 * rate
    assert stream.seal(out).payload == PAYLOAD
    assert detect(Audio(np.atleast_2d(out).copy(), rate), [KEY]).payload == PAYLOAD


def test_chunking_does_not_change_the_output() -> None:
    clip = speech(2.0)
    assert np.allclose(_run(clip, 160)[0], _run(clip, 32_000)[0], atol=1e-6)


def test_a_stream_shorter_than_its_delay_comes_out_at_the_flush() -> None:
    clip = speech(0.3)
    out, _, _ = _run(clip, 4800)
    assert out.shape == (4800,)
    assert not np.array_equal(out, clip.samples[0])


def test_an_empty_stream_flushes_empty() -> None:
    assert StreamEmbedder(16_000, PAYLOAD, KEY).flush().size == 0


def test_a_loud_stream_never_clips() -> None:
    clip = speech(2.0)
    loud = Audio(clip.samples / np.abs(clip.samples).max(), 16_000)
    assert np.abs(_run(loud, 1600)[0]).max() <= 1.0


def test_a_flushed_stream_is_closed() -> None:
    stream = StreamEmbedder(16_000, PAYLOAD, KEY)
    stream.flush()
    for call in (stream.flush, lambda: stream.push(np.zeros(10, np.float32))):
        with pytest.raises(WatermarkError) as caught:
            call()
        assert caught.value.code == "closed"


def test_only_the_stream_s_own_output_is_sealed() -> None:
    clip = speech(1.0)
    out, _, stream = _run(clip, 1600)
    with pytest.raises(WatermarkError):
        stream.seal(clip.samples[0])
    with pytest.raises(WatermarkError):
        stream.seal(out[:-1])
    assert stream.seal(out).audio.seconds == 1.0


def test_changing_channels_and_non_finite_samples_are_refused() -> None:
    stream = StreamEmbedder(16_000, PAYLOAD, KEY)
    stream.push(np.zeros((2, 1000), np.float32))
    for bad in (np.zeros(1000, np.float32), np.full((2, 5), np.nan, np.float32)):
        with pytest.raises(WatermarkError) as caught:
            stream.push(bad)
        assert caught.value.code == "bad_samples"
    with pytest.raises(WatermarkError):
        StreamEmbedder(16_000, PAYLOAD, KEY).push(np.zeros((3, 10), np.float32))
