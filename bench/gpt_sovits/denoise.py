"""``python -m bench.gpt_sovits.denoise``: what taking out steady noise gains, and what it costs a clean reading (SI-SDR, in dB)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio
from synthesis.engine.gpt_sovits.denoising import denoised
from tests.speech_data import clips, load

COUNT = 24
NOISE_DB = (0, 5, 10, 20)


def si_sdr(reference: NDArray[np.float32], estimate: NDArray[np.float32]) -> float:
    """Scale-invariant ratio of signal to distortion (Le Roux et al. 2019)."""
    scaled = reference * float(estimate @ reference) / float(reference @ reference)
    return 10 * float(np.log10(np.sum(scaled**2) / max(float(np.sum((estimate - scaled) ** 2)), 1e-20)))


def main() -> None:
    """White noise at several levels, and none."""
    rng = np.random.default_rng(0)
    readings = [load(clip) for clip in clips(min_seconds=3.0)[:COUNT]]
    for level in NOISE_DB:
        gains = []
        for reading in readings:
            clean = reading.to_mono()
            power = float(np.mean(clean**2)) / 10 ** (level / 10)
            noisy = (clean + rng.standard_normal(len(clean)) * power**0.5).astype(np.float32)
            cleaned = denoised(Audio.mono(noisy, reading.sample_rate)).to_mono()
            gains.append(si_sdr(clean, cleaned) - si_sdr(clean, noisy))
        _row(f"white noise at {level} dB: gain", gains)
    _row("clean: SI-SDR of what is left", [si_sdr(r.to_mono(), denoised(r).to_mono()) for r in readings])


def _row(name: str, values: list[float]) -> None:
    half = 1.96 * float(np.std(values, ddof=1)) / len(values) ** 0.5
    print(f"{name:32s} mean {np.mean(values):5.1f} ± {half:.1f}, least {min(values):5.1f}, n {len(values)}")


if __name__ == "__main__":
    main()
