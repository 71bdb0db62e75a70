"""Linear filters, resampling, quantisation, dynamics."""

from __future__ import annotations

import numpy as np
from scipy import signal

from bench.watermark.attacks.codecs import fitted, resampled
from bench.watermark.attacks.types import RATE, Array, Attack, Rng, f32, rms


def filtered(kind: str, hz: float | tuple[float, float]) -> Attack:
    """Fourth-order Butterworth filter."""
    sections = signal.butter(4, hz, kind, fs=RATE, output="sos")
    return lambda x, _rng: f32(signal.sosfilt(sections, x))


def through_rate(rate: int) -> Attack:
    """Resample to ``rate`` and back."""
    return lambda x, _rng: fitted(x, resampled(resampled(x, RATE, rate), rate, RATE))


def random_equaliser(x: Array, rng: Rng) -> Array:
    """Ten bands moved by up to 9 dB either way, interpolated over log frequency."""
    hz = np.fft.rfftfreq(len(x), 1 / RATE)
    knots = np.geomspace(60, 8000, 10)
    gain_db = np.interp(np.log(np.maximum(hz, 20)), np.log(knots), rng.uniform(-9, 9, 10))
    return f32(np.fft.irfft(np.fft.rfft(x) * 10 ** (gain_db / 20), len(x)))


def compressor(x: Array, _rng: Rng) -> Array:
    """4:1 above -28 dB below the peak, attack 5 ms, release 80 ms."""
    level = np.empty(len(x))
    up, down = np.exp(-1 / (0.005 * RATE)), np.exp(-1 / (0.080 * RATE))
    last = 0.0
    for i, value in enumerate(np.abs(x).tolist()):
        share = up if value > last else down
        last = share * last + (1 - share) * value
        level[i] = last
    threshold = float(np.abs(x).max()) * 10 ** (-28 / 20)
    gain = np.minimum(1, (np.maximum(level, 1e-6) / threshold) ** (1 / 4 - 1))
    out = x * gain
    return f32(out * rms(x) / rms(f32(out)))


def eight_bit(x: Array, _rng: Rng) -> Array:
    """Uniform quantisation to 8 bits."""
    return f32(np.round(np.clip(x, -1, 1) * 127) / 127)


def clipped(x: Array, _rng: Rng) -> Array:
    """Hard clipping of the loudest 3 % of samples."""
    ceiling = float(np.quantile(np.abs(x), 0.97))
    return f32(np.clip(x, -ceiling, ceiling))


FILTERS: dict[str, Attack] = {
    "resample_8k": through_rate(8000),
    "resample_44k": through_rate(44_100),
    "eight_bit": eight_bit,
    "lowpass_4k": filtered("lowpass", 4000),
    "lowpass_3k4": filtered("lowpass", 3400),
    "highpass_500": filtered("highpass", 500),
    "bandpass_phone": filtered("bandpass", (300, 3400)),
    "gain_minus_12db": lambda x, _rng: f32(x * 0.25),
    "clipping": clipped,
    "random_eq_9db": random_equaliser,
    "compressor": compressor,
    "polarity": lambda x, _rng: f32(-x),
}
