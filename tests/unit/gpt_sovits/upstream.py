"""Upstream's outputs for random weights: where they lie, and the weights and inputs that belong to them."""

from __future__ import annotations

import importlib.util
import json
import os
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

from synthesis.engine.gpt_sovits.checkpoints import read_checkpoint

SHARED = Path(os.environ.get("VIVAVOCE_SHARED", Path(__file__).parents[4] / "shared"))
FIXTURES = SHARED / "gpt_sovits" / "fixtures"


@lru_cache(maxsize=1)
def recipe() -> ModuleType:
    """The fixtures' own generator of weights and inputs."""
    spec = importlib.util.spec_from_file_location("gpt_sovits_recipe", FIXTURES / "recipe.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def outputs(name: str) -> dict[str, torch.Tensor]:
    """One file of expected tensors."""
    return load_file(FIXTURES / f"{name}.safetensors")


def full_weights(manifest: str, seed: str) -> dict[str, Any]:
    """A whole checkpoint at full width, made from its seed."""
    shapes = json.loads((FIXTURES / "manifests" / f"{manifest}.json").read_bytes())
    number = recipe().SEED_WEIGHTS[seed]
    return {n: np.asarray(recipe().weight(n, tuple(s), number)).reshape(s) for n, (s, _) in shapes.items()}


def small_sovits(version: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Weights, posterior encoder included, and configuration of a small model."""
    checkpoint = read_checkpoint(FIXTURES / f"sovits_{version}_small.pth")
    tensors = dict(checkpoint.tensors)
    apart = FIXTURES / f"sovits_{version}_small_enc_q.pth"
    if apart.exists():
        tensors |= read_checkpoint(apart).tensors
    return tensors, dict(checkpoint.config)


def tensors(value: Any) -> Any:
    """Arrays of an input, however nested, as tensors."""
    if isinstance(value, dict):
        return {key: tensors(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [tensors(item) for item in value]
    return torch.from_numpy(value)
