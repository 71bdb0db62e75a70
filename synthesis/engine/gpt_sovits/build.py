"""Models from verified weights: sizes by shapes, every name and shape checked before a number is copied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from synthesis.engine.gpt_sovits.checkpoints.store import StoredWeights
from synthesis.engine.gpt_sovits.errors import CheckpointError
from synthesis.engine.gpt_sovits.sovits.config import SoVITSConfig
from synthesis.engine.gpt_sovits.sovits.convolution import fold
from synthesis.engine.gpt_sovits.sovits.model import SoVITS
from synthesis.engine.gpt_sovits.speaker.model import config_of
from synthesis.engine.gpt_sovits.speaker.network import SpeakerNet
from synthesis.engine.gpt_sovits.t2s.config import T2SConfig
from synthesis.engine.gpt_sovits.t2s.model import T2S

Arrays = Mapping[str, NDArray[Any]]


def fill(model: nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Copy weights into a model, converted to the model's number format.

    Raises:
        CheckpointError: ``checkpoint_shape`` when a name is missing or left over, or a shape differs.
    """
    expected = model.state_dict()
    missing, surplus = sorted(expected.keys() - tensors.keys()), sorted(tensors.keys() - expected.keys())
    if missing or surplus:
        kind, names = ("is missing", missing) if missing else ("does not belong to the model", surplus)
        raise CheckpointError("checkpoint_shape", f"The tensor {names[0][:80]!r} {kind} ({len(names)} such).")
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape:
            shapes = f"{tuple(tensor.shape)}, expected {tuple(expected[name].shape)}"
            raise CheckpointError("checkpoint_shape", f"The tensor {name[:80]!r} has the shape {shapes}.")
    model.load_state_dict(dict(tensors), assign=False)


def build_t2s(arrays: Arrays, config: Mapping[str, Any]) -> T2S:
    """The token model in float32, ready to run.

    Raises:
        CheckpointError: ``checkpoint_shape``.
    """
    shapes = {name: array.shape for name, array in arrays.items()}
    if stray := sorted(name for name in shapes if not name.startswith("model.")):
        raise CheckpointError("checkpoint_shape", f"The tensor {stray[0][:80]!r} does not belong to the model.")
    with torch.device("meta"):
        model = T2S(T2SConfig.of(shapes, config))
    model = model.to_empty(device="cpu")
    fill(model, {name.removeprefix("model."): torch.tensor(array) for name, array in arrays.items()})
    return model.eval()


def t2s_from(stored: StoredWeights) -> T2S:
    """The token model of a converted folder.

    Raises:
        CheckpointError: ``checkpoint_unsupported`` when the folder holds another model, ``checkpoint_shape``.
    """
    if stored.manifest.kind != "s1":
        raise CheckpointError("checkpoint_unsupported", f"This is {stored.manifest.kind}, not the token model.")
    return build_t2s(stored.tensors, stored.manifest.config)


def build_sovits(
    arrays: Arrays,
    config: Mapping[str, Any],
    *,
    training: bool = False,
    dropout: float = 0.0,
    style_dropout: float = 0.0,
) -> SoVITS:
    """The second stage in float32.

    Weight normalisation is folded and the posterior encoder left out, unless it is for training.

    Args:
        arrays: weights by upstream's names.
        config: the checkpoint's configuration; may be empty where the sizes are the usual ones.
        training: keep what training needs. A file without posterior encoder (``enc_q``) will not do then.
        dropout: of the encoders, in training; ``style_dropout`` of the style encoder.

    Raises:
        CheckpointError: ``checkpoint_shape``.
    """
    sizes = SoVITSConfig.of({name: array.shape for name, array in arrays.items()}, config)
    if training and not sizes.posterior_layers:
        raise CheckpointError(
            "checkpoint_shape", "The file lacks the posterior encoder (enc_q), without which nothing is trained."
        )
    tensors = {name: torch.tensor(array) for name, array in arrays.items() if training or not name.startswith("enc_q.")}
    with torch.device("meta"):
        model = SoVITS(sizes, normed=training, dropout=dropout, style_dropout=style_dropout)
    model = model.to_empty(device="cpu")
    fill(model, tensors if training else fold(tensors))
    return model.train(training).requires_grad_(training)


def sovits_from(stored: StoredWeights) -> SoVITS:
    """The second stage of a converted folder.

    Raises:
        CheckpointError: ``checkpoint_unsupported`` when the folder holds another model, ``checkpoint_shape``.
    """
    if not stored.manifest.kind.startswith("s2-"):
        raise CheckpointError("checkpoint_unsupported", f"This is {stored.manifest.kind}, not a SoVITS model.")
    return build_sovits(stored.tensors, stored.manifest.config)


def build_speaker(arrays: Arrays) -> SpeakerNet:
    """The speaker model in float32, ready to run.

    Raises:
        CheckpointError: ``checkpoint_shape``.
    """
    with torch.device("meta"):
        model = SpeakerNet(config_of({name: array.shape for name, array in arrays.items()}))
    model = model.to_empty(device="cpu")
    fill(model, {name: torch.tensor(array) for name, array in arrays.items()})
    return model.eval().requires_grad_(False)
