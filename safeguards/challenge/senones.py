"""Log-likelihoods of the acoustic model's senones over the frames of one recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from safeguards.challenge.acoustic_model import AcousticModel
from safeguards.challenge.frontend import Floats


class SenoneScores:
    """Scores of one recording, computed per phone codebook on first use.

    Args:
        model: the acoustic model.
        features: ``[3, frames, 13]`` from :func:`safeguards.challenge.frontend.features`.
    """

    def __init__(self, model: AcousticModel, features: Floats) -> None:
        self._model = model
        self._features = features
        self._scores = np.zeros((features.shape[1], len(model.senone_phone)), dtype=np.float32)
        self._done = np.zeros(len(model.phones), dtype=bool)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return int(self._features.shape[1])

    def of(self, senones: NDArray[np.int64], low: int = 0, high: int | None = None) -> NDArray[np.float32]:
        """``[high - low, len(senones)]`` of these frames, all if not said otherwise, in the order of ``senones`` ``[senones]``."""
        for phone in np.unique(self._model.senone_phone[senones]):
            if not self._done[phone]:
                self._fill(int(phone))
        return self._scores[low:high].take(senones, axis=1)

    def _fill(self, phone: int) -> None:
        model = self._model
        members = np.flatnonzero(model.senone_phone == phone)
        total = np.zeros((self.frames, len(members)), dtype=np.float32)
        for stream, x in enumerate(self._features):
            mean, precision = model.means[phone, stream], model.precisions[phone, stream]
            quadratic = (x * x) @ precision.T - 2.0 * x @ (mean * precision).T + (mean * mean * precision).sum(axis=1)
            density = model.constants[phone, stream] - 0.5 * quadratic  # [frames, densities]
            peak = density.max(axis=1, keepdims=True)
            mixed = np.exp(density - peak) @ np.exp(model.log_weights[stream][:, members])
            total += np.log(np.maximum(mixed, 1e-20)) + peak
        self._scores[:, members] = total
        self._done[phone] = True
