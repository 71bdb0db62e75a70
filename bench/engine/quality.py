"""DNSMOS P.835 (Reddy, Gopal & Cutler 2022), by the published network where it lies beside the checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SAMPLES = 144_160  # 9.01 s at 16 kHz
# Published third-degree-to-mean-opinion polynomials, highest power first: signal, background, overall.
_POLYNOMIALS = (
    (-0.08397278, 1.22083953, 0.0052439),
    (-0.13166888, 1.60915514, -0.39604546),
    (-0.06766283, 1.11546468, 0.04602535),
)


class Dnsmos:
    """Mean opinion of signal, background and the whole, as a network predicts it.

    Args:
        folder: holds ``DNSMOS__DNSMOS__sig_bak_ovr.onnx``.
    """

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(str(folder / "DNSMOS__DNSMOS__sig_bak_ovr.onnx"), options)

    def __call__(self, samples: NDArray[np.floating]) -> tuple[float, float, float]:
        """Signal, background, overall of 16 kHz samples ``[time]``, mean over windows each second."""
        repeated = np.tile(samples, -(-_SAMPLES // len(samples))).astype(np.float32)
        starts = range(0, len(repeated) - _SAMPLES + 1, 16_000)
        raw = [self._session.run(None, {"input_1": repeated[None, at : at + _SAMPLES]})[0][0] for at in starts]
        means = np.mean(raw, axis=0)
        signal, background, overall = (float(np.polyval(p, m)) for p, m in zip(_POLYNOMIALS, means, strict=True))
        return signal, background, overall
