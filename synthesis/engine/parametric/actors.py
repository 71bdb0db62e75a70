"""Synthetic people for the sandbox: voices that are nobody's.

An actor is the base model with made-up speaker statistics: a random point along the principal axes of the training
speakers' statistics, with its own pitch, pace, range and colour. No recording and no single speaker lies behind it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from synthesis.engine.parametric import phones as ph
from synthesis.engine.parametric.acoustic import CEPSTRUM
from synthesis.engine.parametric.base import BaseModel, base_model
from synthesis.engine.parametric.enrolment import with_variance
from synthesis.engine.parametric.style import Style
from synthesis.engine.parametric.voice import ParametricVoice
from synthesis.engine.voice_model import VoiceModel

# Slow and clear, so that forced alignment finds each word: see docs/engine-notes.md.
CLEAR_SPEED: Final = 0.9

# Wider than the training speakers lie, so that two actors are as unlike as the base model allows: the figures are in
# docs/engine-notes.md.
_AXES_LIMIT: Final = 1.6
_AXES_SCALE: Final = 1.8
_WARP: Final = 0.09
_COLOUR: Final = 0.2
_LOW, _HIGH = (4.55, 4.95), (5.15, 5.45)  # log-F0: 95 to 141 Hz, 172 to 233 Hz
_F0_MEAN, _F0_DEVIATION = 3 * CEPSTRUM, 3 * CEPSTRUM + 1


def sandbox_actor(seed: int) -> VoiceModel:
    """The synthetic person of that number; the same number is always the same person with the same base weights."""
    base = base_model()
    rng = np.random.default_rng([0xAC70, seed & (2**63 - 1)])
    log_f0 = float(rng.uniform(*(_HIGH if rng.random() < 0.5 else _LOW)))
    deviation = float(rng.uniform(0.16, 0.24))
    speaker = _statistics(base, rng, log_f0, deviation)
    draft = ParametricVoice(
        speaker=speaker,
        style=Style(
            rate=float(rng.uniform(0.02, 0.14)),
            f0_mean=log_f0,
            f0_deviation=deviation,
            pause=float(rng.uniform(-1, -0.6)),
        ),
        centre=np.zeros(CEPSTRUM, dtype=np.float32),
        spread=np.ones(CEPSTRUM, dtype=np.float32),
        offsets=_colour(rng),
        loudest=1e3,
        breath=float(rng.uniform(-1.0, 1.5)),
        closeness=0.0,
        warp=float(rng.uniform(-_WARP, _WARP)),
        base=base.version,
        facts={"kind": "actor", "seed": str(seed)},
    )
    return with_variance(base, draft, base.global_variance).pack()


def _statistics(base: BaseModel, rng: np.random.Generator, log_f0: float, deviation: float) -> NDArray[np.float32]:
    """A point along the axes that agrees with the pitch: the one of many draws that lies nearest."""
    norm = base.normaliser
    draws = np.clip(rng.standard_normal((64, len(base.speaker_axes))), -_AXES_LIMIT, _AXES_LIMIT) * _AXES_SCALE
    statistics = (draws @ base.speaker_axes) * norm.speaker_deviation + norm.speaker_mean
    nearest = np.argmin(np.abs(statistics[:, _F0_MEAN] - log_f0))
    chosen = statistics[nearest].astype(np.float32)
    chosen[_F0_MEAN], chosen[_F0_DEVIATION] = log_f0, deviation
    return np.asarray(chosen, dtype=np.float32)


def _colour(rng: np.random.Generator) -> NDArray[np.float32]:
    """One smooth offset of timbre for all phones, ``[40, 3, 40]``; silence is left alone."""
    scale = _COLOUR / (1.0 + np.arange(CEPSTRUM) / 6.0)
    scale[0] = 0.0
    offsets = np.tile((rng.standard_normal(CEPSTRUM) * scale).astype(np.float32), (len(ph.PHONES), 3, 1))
    offsets[ph.PHONE_ID[ph.SILENCE]] = 0.0
    return offsets
