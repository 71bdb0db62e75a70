"""Lossy codecs, in memory, through FFmpeg (PyAV) and libsndfile."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import cast

import av
import numpy as np
import soundfile as sf
import soxr

from bench.watermark.attacks.types import RATE, Array, Attack, Rng, f32


def resampled(x: Array, source: int, target: int) -> Array:
    """Convert between sample rates."""
    return x if source == target else f32(soxr.resample(x, source, target))


def ffmpeg(muxer: str, encoder: str, rate: int, bit_rate: int | None) -> Attack:
    """Round trip through an FFmpeg encoder at ``rate`` hertz, shifted back by the delay the codec added."""

    def attack(x: Array, _rng: Rng) -> Array:
        sound = resampled(x, RATE, rate)
        sink = io.BytesIO()
        with av.open(sink, "w", format=muxer) as container:
            stream = cast("av.AudioStream", container.add_stream(encoder, rate=rate))
            stream.layout = "mono"
            if bit_rate is not None:
                stream.bit_rate = bit_rate
            wanted = stream.codec_context.format.name if stream.codec_context.format else "s16"
            resampler = av.AudioResampler(
                format=wanted, layout="mono", rate=rate, frame_size=stream.codec_context.frame_size or 0
            )
            frame = av.AudioFrame.from_ndarray(
                (np.clip(sound, -1, 1)[None] * 32767).astype(np.int16), format="s16", layout="mono"
            )
            frame.sample_rate = rate
            frame.time_base = Fraction(1, rate)
            frame.pts = 0
            for part in [*resampler.resample(frame), *resampler.resample(None)]:
                container.mux(stream.encode(part))
            container.mux(stream.encode(None))
        return fitted(x, resampled(_decode(sink.getvalue(), rate), rate, RATE))

    return attack


def _decode(data: bytes, rate: int) -> Array:
    parts = []
    with av.open(io.BytesIO(data), "r") as container:
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate)
        for frame in container.decode(audio=0):
            parts += [f.to_ndarray()[0] for f in resampler.resample(frame)]
        parts += [f.to_ndarray()[0] for f in resampler.resample(None)]
    return f32(np.concatenate(parts))


def sndfile(container: str, subtype: str, rate: int) -> Attack:
    """Round trip through libsndfile."""

    def attack(x: Array, _rng: Rng) -> Array:
        sink = io.BytesIO()
        sf.write(sink, np.clip(resampled(x, RATE, rate), -1, 1), rate, format=container, subtype=subtype)
        sink.seek(0)
        sound, _ = sf.read(sink, dtype="float32")
        return fitted(x, resampled(f32(sound), rate, RATE))

    return attack


def fitted(x: Array, y: Array) -> Array:
    """``y`` cut or zero-padded to the length of ``x``; what a codec adds at the start stays, as it would for a listener."""
    out = np.zeros_like(x)
    n = min(len(x), len(y))
    out[:n] = y[:n]
    return out


def sequence(*attacks: Attack) -> Attack:
    """One attack after the other."""

    def attack(x: Array, rng: Rng) -> Array:
        for step in attacks:
            x = step(x, rng)
        return x

    return attack


MP3 = {k: ffmpeg("mp3", "libmp3lame", RATE, k * 1000) for k in (128, 64, 32)}
AAC = {k: ffmpeg("ipod", "aac", RATE, k * 1000) for k in (64, 32)}
OPUS = {k: ffmpeg("ogg", "libopus", 48_000, k * 1000) for k in (32, 16, 12)}
AMR = {k: ffmpeg("amr", "libopencore_amrnb", 8000, round(k * 1000)) for k in (4.75, 12.2)}
G711 = ffmpeg("wav", "pcm_mulaw", 8000, None)
G722 = ffmpeg("wav", "g722", RATE, None)
GSM = sndfile("WAV", "GSM610", 8000)
VORBIS = sndfile("OGG", "VORBIS", RATE)

CODECS: dict[str, Attack] = {
    **{f"mp3_{k}k": a for k, a in MP3.items()},
    **{f"aac_{k}k": a for k, a in AAC.items()},
    **{f"opus_{k}k": a for k, a in OPUS.items()},
    "vorbis": VORBIS,
    "g711": G711,
    "g722": G722,
    "gsm_fr": GSM,
    **{f"amr_nb_{k}k": a for k, a in AMR.items()},
    "mp3_64k_then_aac_64k": sequence(MP3[64], AAC[64]),
}
