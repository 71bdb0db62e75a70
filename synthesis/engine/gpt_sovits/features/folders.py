"""Models of the ``transformers`` library from local folders; nothing is downloaded and nothing in a file is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from synthesis.engine.gpt_sovits.checkpoints import read_checkpoint
from synthesis.engine.gpt_sovits.errors import CheckpointError

_SAFE: Final = "model.safetensors"
_PICKLED: Final = "pytorch_model.bin"
_MAX_CONFIG: Final = 2**20
_OLD_NAMES: Final = (
    ("pos_conv_embed.conv.weight_g", "pos_conv_embed.conv.parametrizations.weight.original0"),
    ("pos_conv_embed.conv.weight_v", "pos_conv_embed.conv.parametrizations.weight.original1"),
    (".gamma", ".weight"),
    (".beta", ".bias"),
)


def read_config(folder: Path, model_type: str) -> dict[str, Any]:
    """``config.json`` of a folder.

    Raises:
        CheckpointError: ``checkpoint_unreadable``, or ``checkpoint_unsupported`` for another kind of model.
    """
    path = folder / "config.json"
    try:
        if path.stat().st_size > _MAX_CONFIG:
            raise CheckpointError("checkpoint_too_large", f"{path.name} is too large.")
        config = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(
            "checkpoint_unreadable", f"There is no readable config.json in {folder.name!r}."
        ) from error
    if not isinstance(config, dict) or config.get("model_type") != model_type:
        raise CheckpointError("checkpoint_unsupported", f"{folder.name!r} does not hold a {model_type} model.")
    return config


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    """Tensors of a folder: ``model.safetensors``, else ``pytorch_model.bin`` by the restricted reader.

    Raises:
        CheckpointError: when neither can be read.
    """
    if (folder / _SAFE).exists():
        try:
            return dict(load_file(folder / _SAFE))
        except (SafetensorError, OSError, ValueError) as error:
            raise CheckpointError("checkpoint_unreadable", f"{_SAFE} in {folder.name!r} is damaged.") from error
    if not (folder / _PICKLED).exists():
        raise CheckpointError("checkpoint_unreadable", f"{folder.name!r} holds neither {_SAFE} nor {_PICKLED}.")
    arrays = read_checkpoint(folder / _PICKLED).tensors
    return {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}


def load_into(model: torch.nn.Module, weights: dict[str, torch.Tensor], prefix: str) -> None:
    """Fill a model. Tensors for which it has no place (heads, layers left out) are passed over; none may be missing.

    Args:
        model: the bare model.
        weights: by name, perhaps below ``prefix``, perhaps by the names of older library versions.
        prefix: such as ``bert.``.

    Raises:
        CheckpointError: ``checkpoint_shape``.
    """
    named = {_new_name(name.removeprefix(prefix)): tensor for name, tensor in weights.items()}
    wanted = model.state_dict()
    for name, own in wanted.items():
        if name not in named:
            if name.endswith("position_ids"):
                continue
            raise CheckpointError("checkpoint_shape", f"The tensor {name!r} is missing.")
        if named[name].shape != own.shape:
            raise CheckpointError("checkpoint_shape", f"The tensor {name!r} has the shape {tuple(named[name].shape)}.")
        if not torch.isfinite(named[name].float()).all():
            raise CheckpointError("checkpoint_not_finite", f"The tensor {name!r} holds NaN or infinity.")
    model.load_state_dict({name: named.get(name, own).to(own.dtype) for name, own in wanted.items()})


def _new_name(name: str) -> str:
    for old, new in _OLD_NAMES:
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name
