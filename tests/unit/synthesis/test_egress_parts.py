"""Small parts of the way out."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiokit import Audio, read
from safeguards import vault
from safeguards.crypto.box import BoxPrivateKey
from safeguards.vault import egress_box
from synthesis import rawaudio
from synthesis.egress.encoding import PCM_RATE, decode, delivery_rate
from synthesis.egress.notice import with_notice
from synthesis.egress.room_tone import with_room_tone
from synthesis.egress.stream_encoder import stream_encoder


def _noise(seconds: float = 1.0, rate: int = 16_000, channels: int = 1) -> Audio:
    rng = np.random.default_rng(5)
    return Audio((0.1 * rng.standard_normal((channels, round(seconds * rate)))).astype(np.float32), rate)


@given(st.integers(1, 2), st.integers(0, 300), st.sampled_from([8_000, 16_000, 48_000]))
def test_raw_audio_comes_back_to_the_last_bit(channels: int, length: int, rate: int) -> None:
    samples = np.random.default_rng(length).standard_normal((channels, length)).astype(np.float32)

    back = rawaudio.unpack(rawaudio.pack(Audio(samples, rate)))

    assert back.sample_rate == rate
    assert np.array_equal(back.samples, samples)


@pytest.mark.parametrize("data", [b"", b"RIFF" * 10, b"VVR1\x00\x00\x00\x00\x00\x00"])
def test_other_bytes_are_no_raw_audio(data: bytes) -> None:
    with pytest.raises(ValueError, match="raw audio"):
        rawaudio.unpack(data)


def test_raw_sound_opens_with_the_right_key_and_context_only(settings: Any) -> None:
    sealed = egress_box.seal(b"sound", context="a")

    assert egress_box.open_sealed(sealed, context="a") == b"sound"
    with pytest.raises(vault.SealBroken):
        egress_box.open_sealed(sealed, context="b")
    old = settings.VIVAVOCE_EGRESS_PRIVATE_KEY
    new = base64.b64encode(BoxPrivateKey.generate().to_bytes()).decode()
    settings.VIVAVOCE_EGRESS_PRIVATE_KEY = [new]
    with pytest.raises(vault.SealBroken):
        egress_box.open_sealed(sealed, context="a")
    settings.VIVAVOCE_EGRESS_PRIVATE_KEY = [new, *old]
    assert egress_box.open_sealed(sealed, context="a") == b"sound", "an older key still opens"


def test_the_engine_role_can_seal_and_never_open(settings: Any) -> None:
    public = base64.b64encode(egress_box.public_key()).decode()
    private = settings.VIVAVOCE_EGRESS_PRIVATE_KEY
    settings.VIVAVOCE_EGRESS_PRIVATE_KEY, settings.VIVAVOCE_EGRESS_PUBLIC_KEY = [], public

    sealed = egress_box.seal(b"sound", context="a")

    with pytest.raises(vault.SealBroken):
        egress_box.open_sealed(sealed, context="a")
    settings.VIVAVOCE_EGRESS_PRIVATE_KEY = private
    assert egress_box.open_sealed(sealed, context="a") == b"sound"


@pytest.mark.parametrize("channels", [1, 2])
def test_a_notice_stands_before_the_sound_and_leaves_it_alone(channels: int) -> None:
    sound = _noise(channels=channels)

    for disclosure, least in (("tone", 0.5), ("spoken", 2.0)):
        noticed = with_notice(sound, disclosure, "en")
        added = noticed.samples.shape[1] - sound.samples.shape[1]
        assert added / sound.sample_rate > least
        assert np.array_equal(noticed.samples[:, added:], sound.samples)
        assert np.abs(noticed.samples[:, :added]).max() > 0.05
    assert with_notice(sound, "none", "en") is sound
    with pytest.raises(ValueError, match="whisper"):
        with_notice(sound, "whisper", "en")


def test_a_language_without_a_notice_of_its_own_gets_the_english_one() -> None:
    sound = _noise()

    assert np.array_equal(with_notice(sound, "spoken", "zh").samples, with_notice(sound, "spoken", "en").samples)


def test_one_word_gets_room_tone_enough_to_hold_its_mark_and_a_sentence_none() -> None:
    word = _noise(0.6)
    noticed = with_room_tone(word)
    added = noticed.samples[:, word.samples.shape[1] :]

    assert np.array_equal(noticed.samples[:, : word.samples.shape[1]], word.samples)
    assert added.shape[1] / word.sample_rate == pytest.approx(0.8)
    assert 20 * np.log10(added.std() / word.samples.std()) == pytest.approx(-40.0, abs=0.5)
    sentence = _noise(3.0)
    assert with_room_tone(sentence) is sentence


def test_headerless_pcm_is_at_the_rate_that_clients_assume() -> None:
    assert delivery_rate(_noise(rate=16_000), "pcm").sample_rate == PCM_RATE
    assert delivery_rate(_noise(rate=16_000), "wav").sample_rate == 16_000


@pytest.mark.parametrize("delivered", ["pcm", "wav", "mp3"])
@pytest.mark.parametrize("channels", [1, 2])
def test_pieces_encoded_one_by_one_decode_to_the_whole(delivered: str, channels: int) -> None:
    sound = _noise(2.0, 24_000, channels)
    encoder = stream_encoder(delivered, 24_000, channels)
    data = b""
    for start in range(0, sound.samples.shape[1], 7_001):
        data += encoder.push(Audio(sound.samples[:, start : start + 7_001].copy(), 24_000))
    data += encoder.flush()

    heard = decode(data, delivered, channels) if delivered == "pcm" else read(data, max_seconds=9, max_bytes=10**7)

    assert heard.channels == channels
    assert heard.seconds == pytest.approx(2.0, abs=0.1)
    if delivered != "mp3":
        assert np.abs(heard.samples - sound.samples).max() <= 1 / 32768


def test_other_formats_are_not_streamed() -> None:
    with pytest.raises(ValueError, match="flac"):
        stream_encoder("flac", 16_000, 1)
