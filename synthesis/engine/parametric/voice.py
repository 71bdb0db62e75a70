"""What the parametric engine knows about one voice, and how it lies in a ``VoiceModel``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synthesis.engine.errors import EngineError
from synthesis.engine.parametric import phones as ph
from synthesis.engine.parametric.acoustic import CEPSTRUM, SPEAKER_SIZE
from synthesis.engine.parametric.style import Style
from synthesis.engine.voice_model import VoiceModel

ENGINE: Final = "parametric"
_ADAPTER: Final = "adapter."
_SHAPES: Final = {
    "speaker": (SPEAKER_SIZE,),
    "style": (4,),
    "centre": (CEPSTRUM,),
    "spread": (CEPSTRUM,),
    "offsets": (len(ph.PHONES), 3, CEPSTRUM),
    "scalars": (4,),
}

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ParametricVoice:
    """One voice.

    Attributes:
        speaker: long-term statistics, ``[123]``.
        style: rate, pitch and pauses.
        centre: mean of the cepstra that this voice's model makes, ``[40]``.
        spread: factor on the distance from ``centre`` that gives synthetic cepstra the owner's variance, ``[40]``.
        offsets: cepstral offsets from the base model by phone and third, ``[40, 3, 40]``.
        loudest: c0 above which no frame may go.
        breath: dB added to the base model's aperiodicity.
        closeness: share of the adapted network in the mix with the base network and its offsets; less is clearer.
        base: version of the base weights it belongs to.
        warp: all-pass warp of the vocal tract, applied last; made-up people have one.
        adapter: arrays of the low-rank adapters; empty for a voice that the base model speaks by its statistics alone.
        facts: further strings kept with the model.
    """

    speaker: Floats
    style: Style
    centre: Floats
    spread: Floats
    offsets: Floats
    loudest: float
    breath: float
    closeness: float
    base: str
    warp: float = 0.0
    adapter: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)

    def pack(self) -> VoiceModel:
        """As a value that any engine's caller can keep."""
        style = self.style
        arrays: dict[str, NDArray[Any]] = {
            "speaker": self.speaker.astype(np.float32),
            "style": np.array([style.rate, style.f0_mean, style.f0_deviation, style.pause], dtype=np.float32),
            "centre": self.centre.astype(np.float32),
            "spread": self.spread.astype(np.float32),
            "offsets": self.offsets.astype(np.float16),
            "scalars": np.array([self.loudest, self.breath, self.closeness, self.warp], dtype=np.float32),
        }
        arrays |= {_ADAPTER + name: value for name, value in self.adapter.items()}
        return VoiceModel(ENGINE, arrays, {**self.facts, "base": self.base})


def unpack(model: VoiceModel) -> ParametricVoice:
    """Read a value back.

    Raises:
        EngineError: code ``bad_voice_model`` when it is another engine's or lacks a part.
    """
    if model.engine != ENGINE:
        raise EngineError("bad_voice_model", f"This voice model is of the engine {model.engine!r}, not {ENGINE!r}.")
    for name, shape in _SHAPES.items():
        if name not in model.arrays or model.arrays[name].shape != shape:
            raise EngineError("bad_voice_model", f"This voice model lacks {name} of shape {shape}.")
    arrays = {name: np.asarray(model.arrays[name], dtype=np.float32) for name in _SHAPES}
    rate, f0_mean, f0_deviation, pause = (float(value) for value in arrays["style"])
    if not 3.5 < f0_mean < 6.5 or not 0 < f0_deviation < 1:
        raise EngineError("bad_voice_model", "The pitch in this voice model is not a person's.")
    adapter = {name[len(_ADAPTER) :]: value for name, value in model.arrays.items() if name.startswith(_ADAPTER)}
    facts = dict(model.facts)
    return ParametricVoice(
        speaker=arrays["speaker"],
        style=Style(rate, f0_mean, f0_deviation, pause),
        centre=arrays["centre"],
        spread=arrays["spread"],
        offsets=arrays["offsets"],
        loudest=float(arrays["scalars"][0]),
        breath=float(arrays["scalars"][1]),
        closeness=float(np.clip(arrays["scalars"][2], 0.0, 1.0)),
        base=facts.pop("base", ""),
        warp=float(np.clip(arrays["scalars"][3], -0.2, 0.2)),
        adapter=adapter,
        facts=facts,
    )
