"""DNSMOS P.835 (Reddy et al. 2022) through onnxruntime, if the model file is at hand."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from bench.watermark.attacks.types import Array

_SAMPLES = 144_160
# Polynomial from the model's raw overall score to MOS, as published with the model.
_OVERALL = np.poly1d([-0.06766283, 1.11546468, 0.04602535])


@lru_cache(maxsize=1)
def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def overall(sound: Array, model: Path) -> float:
    """Overall quality of ``sound`` (``[time]``, 16 kHz), repeated or cut to the 9 s the model takes."""
    session = _session(model)
    padded = np.resize(sound, _SAMPLES)[None].astype(np.float32)
    _, _, raw = session.run(None, {session.get_inputs()[0].name: padded})[0][0]
    return float(_OVERALL(raw))
