"""The base model: everything that was trained before any owner came, loaded once per process."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load

from synthesis.engine.errors import EngineError
from synthesis.engine.parametric.acoustic import AcousticConfig, AcousticNet
from synthesis.engine.parametric.batches import Normaliser
from synthesis.engine.parametric.prosody import ProsodyNet
from synthesis.engine.parametric.text.letter_to_sound import LetterToSound
from synthesis.engine.parametric.text.lexicon import Lexicon

MAX_BYTES: Final = 20 * 2**20
_FOLDER: Final = "weights"

Arrays = dict[str, NDArray[Any]]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class BaseModel:
    """Networks in evaluation mode and the tables beside them. Shared; nobody writes to it.

    Attributes:
        acoustic: frames to spectra.
        prosody: phones to durations and F0.
        normaliser: of the acoustic network.
        usual_log_durations: of each phone.
        lexicon: words to phones.
        speaker_axes: principal axes of normalised speaker statistics, scaled by deviation, ``[K, 123]``.
        global_variance: mean variance of cepstra within an utterance, ``[40]``.
        version: first twelve digits of the digest of the weights.
    """

    acoustic: AcousticNet
    prosody: ProsodyNet
    normaliser: Normaliser
    usual_log_durations: Floats
    lexicon: Lexicon
    speaker_axes: Floats
    global_variance: Floats
    version: str


def _read(name: str, expected: str) -> Arrays:
    """Arrays of a weights file whose digest is as listed, as float32 where they were float16."""
    data = (resources.files(__package__) / _FOLDER / name).read_bytes()
    if len(data) > MAX_BYTES:
        raise EngineError("bad_weights", f"{name} has {len(data)} bytes.")
    if hashlib.sha256(data).hexdigest() != expected:
        raise EngineError("bad_weights", f"{name} is not the file that was released.")
    arrays: Arrays = load(data)
    return {key: value.astype(np.float32) if value.dtype == np.float16 else value for key, value in arrays.items()}


def _part(arrays: Arrays, prefix: str) -> Arrays:
    return {name[len(prefix) :]: value for name, value in arrays.items() if name.startswith(prefix)}


def _tensors(arrays: Arrays) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}


def manifest() -> dict[str, Any]:
    """File names, digests and training facts of the released weights."""
    found: dict[str, Any] = json.loads((resources.files(__package__) / _FOLDER / "manifest.json").read_text("utf-8"))
    return found


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon alone, which the aligner needs."""
    facts = manifest()
    letters = _read("letters.safetensors", facts["files"]["letters.safetensors"])
    chunks = tuple(bytes(letters.pop("chunks").tolist()).decode("ascii").split("\n"))
    return Lexicon(LetterToSound(letters, chunks))


@lru_cache(maxsize=1)
def base_model() -> BaseModel:
    """The base model of this process.

    Raises:
        EngineError: code ``bad_weights``.
    """
    facts = manifest()
    digest = facts["files"]["base.safetensors"]
    arrays = _read("base.safetensors", digest)
    width = int(arrays["acoustic.exit.weight"].shape[0])
    acoustic, prosody = AcousticNet(AcousticConfig.of_width(width)), ProsodyNet()
    acoustic.load_state_dict(_tensors(_part(arrays, "acoustic.")))
    prosody.load_state_dict(_tensors(_part(arrays, "prosody.")))
    norm = _part(arrays, "normaliser.")
    return BaseModel(
        acoustic=acoustic.eval().requires_grad_(requires_grad=False),
        prosody=prosody.eval().requires_grad_(requires_grad=False),
        normaliser=Normaliser(norm["mean"], norm["deviation"], norm["speaker_mean"], norm["speaker_deviation"]),
        usual_log_durations=arrays["usual_log_durations"],
        lexicon=lexicon(),
        speaker_axes=arrays["speaker_axes"],
        global_variance=arrays["global_variance"],
        version=digest[:12],
    )
