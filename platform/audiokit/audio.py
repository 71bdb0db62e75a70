"""The one audio type. Every function that takes or returns sound takes or returns this."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Audio:
    """Sound with its sample rate.

    Args:
        samples: float32, shape ``[channels, time]``, nominally within [-1, 1].
        sample_rate: hertz.

    Raises:
        ValueError: for another shape or type, a non-finite sample, or a rate that is not positive.
    """

    samples: Samples
    sample_rate: int

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.dtype != np.float32:
            raise ValueError(f"samples must be float32 [channels, time], got {self.samples.dtype} {self.samples.shape}")
        if self.sample_rate <= 0:
            raise ValueError(f"sample_rate must be positive, got {self.sample_rate}")
        if not np.isfinite(self.samples).all():
            raise ValueError("samples must be finite")
        self.samples.setflags(write=False)

    @classmethod
    def mono(cls, samples: NDArray[np.floating], sample_rate: int) -> Audio:
        """Wrap a one-dimensional signal of shape ``[time]``."""
        return cls(np.array(samples, dtype=np.float32, ndmin=2), sample_rate)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return float(self.samples.shape[1] / self.sample_rate)

    def to_mono(self) -> Samples:
        """Mean over channels, shape ``[time]``."""
        mixed: Samples = self.samples.mean(axis=0, dtype=np.float32)
        return mixed
