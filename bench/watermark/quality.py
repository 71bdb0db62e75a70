"""How audible the mark is, by measures that did not shape it, and by PESQ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.watermark.attacks.types import RATE, Array
from bench.watermark.masking_model import noise_to_mask

LOUDER_DB: Final = 20.0
_PAUSES_DB: Final = 70.0


@dataclass(frozen=True)
class Quality:
    """Measures of one marked clip against its original; None where the optional package is missing.

    ``over_mask_loud`` is ``over_mask`` for somebody who turns the sound up by ``LOUDER_DB`` and listens into its pauses.
    """

    pesq_wb: float | None
    stoi: float | None
    si_sdr_db: float
    over_mask: float
    nmr_db: float
    over_mask_loud: float = 0.0


def si_sdr(reference: Array, test: Array) -> float:
    """Scale-invariant signal-to-distortion ratio in dB (Le Roux et al. 2019)."""
    target = reference * (np.dot(test, reference) / (np.dot(reference, reference) + 1e-12))
    error = test - target
    return float(10 * np.log10(np.dot(target, target) / (np.dot(error, error) + 1e-12)))


def measure(reference: Array, test: Array) -> Quality:
    """Measure ``test`` against ``reference``, both ``[time]`` at 16 kHz."""
    over, ratio = noise_to_mask(reference, test)
    loud, _ = noise_to_mask(reference, test, louder_db=LOUDER_DB, range_db=_PAUSES_DB)
    return Quality(_pesq(reference, test), _stoi(reference, test), si_sdr(reference, test), over, ratio, loud)


def _pesq(reference: Array, test: Array) -> float | None:
    try:
        from pesq import NoUtterancesError, pesq
    except ImportError:
        return None
    try:
        return float(pesq(RATE, reference, test, "wb"))
    except NoUtterancesError:
        return None


def _stoi(reference: Array, test: Array) -> float | None:
    try:
        from pystoi import stoi
    except ImportError:
        return None
    return float(stoi(reference, test, RATE))
