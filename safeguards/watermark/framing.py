"""Short-time analysis and overlap-add at the sound's own rate, on the detector's 10 ms grid, so that embedding never resamples."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safeguards.watermark.layout import FRAMES_PER_SECOND, RATE, WINDOW, Array, Index

Spectrum = NDArray[np.complex64]
_MIN_NORM: Final = np.float32(1e-3)


class Framing:
    """Hann frames of 32 ms every 10 ms at ``rate`` hertz; frame ``t`` is centred on sample ``round(t * rate / 100)``.

    Bin ``k`` lies at ``k * 31.25`` Hz to within 0.1 % at every rate, so gains per bin mean the same as in the detector.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.size = 2 * round(rate * WINDOW / RATE / 2)
        self.window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.size) / self.size)).astype(np.float32)
        self.square = self.window**2

    def centres(self, first: int, count: int) -> Index:
        """Sample positions of the centres of ``count`` frames from frame ``first`` on."""
        return (np.arange(first, first + count) * self.rate * 2 + FRAMES_PER_SECOND) // (2 * FRAMES_PER_SECOND)

    def frames_in(self, samples: int) -> int:
        """Number of frames whose centre lies in ``samples`` samples."""
        return samples * FRAMES_PER_SECOND // self.rate + 1

    def analyse(self, samples: Array, origin: int, first: int, count: int) -> Spectrum:
        """Spectra ``[count, bins]`` of frames ``first..first + count``; ``samples[0]`` is sample ``origin``, zeros lie outside."""
        start = self.centres(first, count) - self.size // 2 - origin
        before = max(0, -int(start[0]))
        after = max(0, int(start[-1]) + self.size - len(samples))
        padded = np.pad(samples, (before, after))
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.size)[start + before]
        return np.fft.rfft(frames * self.window, axis=1).astype(np.complex64, copy=False)

    def synthesise(self, spectra: Spectrum, first: int, origin: int, length: int) -> tuple[Array, Array]:
        """Overlap-add of frames ``first...``: samples ``origin..origin + length`` and the window norm that divides them."""
        frames = np.fft.irfft(spectra, self.size, axis=1).astype(np.float32, copy=False) * self.window
        half = self.size // 2
        total = np.zeros(length + 2 * self.size, dtype=np.float32)
        norm = np.zeros_like(total)
        for centre, frame in zip(self.centres(first, len(frames)).tolist(), frames, strict=True):
            at = centre - half - origin + self.size
            if 0 <= at <= length + self.size:
                total[at : at + self.size] += frame
                norm[at : at + self.size] += self.square
        return total[self.size : self.size + length], norm[self.size : self.size + length]

    def rebuild(self, spectra: Spectrum, length: int) -> Array:
        """Samples ``0..length`` of a whole clip whose frame 0 is the first row."""
        total, norm = self.synthesise(spectra, 0, 0, length)
        rebuilt: Array = np.divide(total, np.maximum(norm, _MIN_NORM), dtype=np.float32)
        return rebuilt


@lru_cache(maxsize=8)
def framing(rate: int) -> Framing:
    """The framing at ``rate``."""
    return Framing(rate)
