"""There and back through lossy codecs, in memory (FFmpeg by PyAV, GSM by libsndfile)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from audiokit import Audio
from audiokit.features import Floats
from audiokit.resample import resample

RATE = 16_000


@dataclass(frozen=True, slots=True)
class Codec:
    """An encoder, the container it travels in, its sample rate, the bit rates that may be drawn, and silence that it is given first.

    Some lose their first frame.
    """

    muxer: str
    encoder: str
    rate: int
    bit_rates: tuple[int, ...] = ()
    lead_s: float = 0.0


CODECS: dict[str, Codec] = {
    "mp3": Codec("mp3", "libmp3lame", 16_000, (24_000, 32_000, 48_000, 64_000, 128_000)),
    "mp3_44k": Codec("mp3", "libmp3lame", 44_100, (48_000, 64_000, 96_000, 128_000)),
    "aac": Codec("adts", "aac", 16_000, (20_000, 32_000, 64_000)),
    "aac_44k": Codec("adts", "aac", 44_100, (40_000, 64_000, 96_000)),
    "ac3": Codec("matroska", "ac3", 48_000, (64_000, 96_000)),
    "eac3": Codec("matroska", "eac3", 48_000, (48_000, 64_000, 96_000)),
    "wmav2": Codec("asf", "wmav2", 16_000, (24_000, 32_000), 0.1),
    "wmav2_44k": Codec("asf", "wmav2", 44_100, (48_000, 64_000), 0.1),
    "real_144": Codec("matroska", "real_144", 8_000),
    "adpcm": Codec("wav", "adpcm_ima_wav", 16_000),
    "g726": Codec("wav", "g726", 8_000, (16_000, 24_000, 32_000)),
    "alaw": Codec("wav", "pcm_alaw", 8_000),
    "mulaw": Codec("wav", "pcm_mulaw", 8_000),
    "nellymoser": Codec("flv", "nellymoser", 16_000),
    "g722": Codec("wav", "g722", 16_000),
    "mp2": Codec("mp2", "mp2", 16_000, (32_000, 64_000)),
    "g723": Codec("wav", "g723_1", 8_000, (6_300,)),
    "sbc": Codec("sbc", "sbc", 16_000, (60_000, 96_000)),
    "sbc_44k": Codec("sbc", "sbc", 44_100, (150_000, 200_000)),
    "opus": Codec("ogg", "libopus", 48_000, (12_000, 16_000, 24_000, 32_000)),
    "amr": Codec("amr", "libopencore_amrnb", 8_000, (4_750, 7_400, 12_200)),
    "gsm": Codec("WAV", "GSM610", 8_000),
}
# Which codecs what is trained on may have passed; which the verdict's band is set on; and which are only measured with.
TRAINING = ("mp3", "mp3_44k", "aac", "ac3", "adpcm", "g726", "alaw", "mulaw", "nellymoser")
BAND = ("g722", "mp2", "g723", "sbc", "eac3", "wmav2", "wmav2_44k", "real_144")
MEASURING = ("opus", "amr", "gsm")
LINES = ("mulaw", "alaw", "g726")  # of telephones, within TRAINING
_DEMUXERS = {"sbc": "sbc"}  # those that FFmpeg does not recognise by themselves


def coded(samples: Floats, name: str, rng: np.random.Generator) -> Floats:
    """Encode and decode mono 16 kHz sound ``[time]``; the same length, and the codec's delay taken off.

    Raises:
        KeyError: no codec of that name.
    """
    codec = CODECS[name]
    peak = max(float(np.abs(samples).max()), 1.0)
    ahead = np.pad(samples, (round(codec.lead_s * RATE), 0))
    sound = _resampled(ahead / peak * np.float32(0.95), RATE, codec.rate)
    bit_rate = int(rng.choice(codec.bit_rates)) if codec.bit_rates else None
    back = _gsm(sound) if codec.encoder == "GSM610" else _ffmpeg(sound, codec, bit_rate)
    found = _aligned(samples, _resampled(back, codec.rate, RATE))
    return np.asarray(found * (peak / 0.95), dtype=np.float32)


def _ffmpeg(sound: Floats, codec: Codec, bit_rate: int | None) -> Floats:
    sink = io.BytesIO()
    with av.open(sink, "w", format=codec.muxer) as container:
        stream = cast("av.AudioStream", container.add_stream(codec.encoder, rate=codec.rate))
        context = stream.codec_context
        stream.layout = "mono"
        if bit_rate is not None:
            stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray((np.clip(sound, -1, 1)[None] * 32767).astype(np.int16), "s16", "mono")
        frame.sample_rate, frame.time_base, frame.pts = codec.rate, Fraction(1, codec.rate), 0
        context.open(strict=False)
        shaped = av.AudioResampler(
            format=context.format.name, layout=context.layout.name, rate=codec.rate, frame_size=context.frame_size or 0
        )
        for part in [*shaped.resample(frame), *shaped.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return _decode(sink.getvalue(), codec)


def _decode(data: bytes, codec: Codec) -> Floats:
    parts = []
    with av.open(io.BytesIO(data), "r", format=_DEMUXERS.get(codec.muxer)) as container:
        mono = av.AudioResampler(format="fltp", layout="mono", rate=codec.rate)
        for frame in container.decode(audio=0):
            parts += [piece.to_ndarray()[0] for piece in mono.resample(frame)]
        parts += [piece.to_ndarray()[0] for piece in mono.resample(None)]
    return np.concatenate(parts).astype(np.float32)


def _gsm(sound: Floats) -> Floats:
    sink = io.BytesIO()
    soundfile.write(sink, np.clip(sound, -1, 1), 8_000, format="WAV", subtype="GSM610")
    sink.seek(0)
    back, _ = soundfile.read(sink, dtype="float32")
    return np.asarray(back, dtype=np.float32)


def _resampled(samples: Floats, source: int, target: int) -> Floats:
    return samples if source == target else resample(Audio.mono(samples, source), target).to_mono()


def _aligned(samples: Floats, back: Floats) -> Floats:
    """``back`` shifted by the codec's delay, found by correlation within 0.15 s, and brought to the same length."""
    most, used = 2400, min(len(samples), len(back), 4 * RATE)
    size = 1 << (used + most).bit_length()
    cross = np.fft.irfft(np.fft.rfft(back[: used + most], size) * np.conj(np.fft.rfft(samples[:used], size)), size)
    delay = int(np.argmax(cross[: most + 1]))
    shifted: NDArray[np.float32] = back[delay : delay + len(samples)]
    return np.pad(shifted, (0, len(samples) - len(shifted)))
