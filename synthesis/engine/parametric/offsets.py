"""How an owner's phones differ from what the base model makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synthesis.engine.parametric import phones as ph
from synthesis.engine.parametric.acoustic import CEPSTRUM
from synthesis.engine.parametric.reading import Reading
from synthesis.engine.parametric.spectrum import Spectra, thirds

Floats = NDArray[np.float32]

_SHRINKAGE: Final = 12.0  # frames of 10 ms that the coarser mean counts for


def fit(readings: Sequence[Reading], predicted: Sequence[Spectra]) -> Floats:
    """Mean difference by phone and third, shrunk to the phone's, and that to the overall mean, ``[40, 3, 40]``."""
    difference = np.concatenate(
        [reading.cepstrum - spectra.cepstrum for reading, spectra in zip(readings, predicted, strict=True)]
    )
    phone = np.concatenate([np.repeat(reading.track.phone, reading.frames) for reading in readings])
    third = np.concatenate([thirds(reading.frames) for reading in readings])
    overall = difference[phone != ph.PHONE_ID[ph.SILENCE]].mean(0)
    offsets = np.zeros((len(ph.PHONES), 3, CEPSTRUM), dtype=np.float32)
    for number in range(len(ph.PHONES)):
        here = phone == number
        mean = _shrunk(difference[here], overall)
        for part in range(3):
            offsets[number, part] = _shrunk(difference[here & (third == part)], mean)
    return offsets


def _shrunk(values: Floats, towards: Floats) -> Floats:
    weight = len(values)
    return np.asarray((values.sum(0) + _SHRINKAGE * towards) / (weight + _SHRINKAGE), dtype=np.float32)
