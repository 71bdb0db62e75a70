"""The networks of an installed set as ONNX files, each held against torch before it is called done."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final, cast

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.build import sovits_from, t2s_from
from synthesis.engine.gpt_sovits.checkpoints import load_stored
from synthesis.engine.gpt_sovits.export.t2s import INPUTS, Step, export_step
from synthesis.engine.gpt_sovits.export.vocoder import export_generator
from synthesis.engine.gpt_sovits.library import ModelSet
from synthesis.engine.gpt_sovits.sovits.generator import Generator

STEP: Final = "t2s_step.onnx"
VOCODER: Final = "vocoder.onnx"
_ALLOWED: Final = 1e-3  # of the peak
_FRAMES: Final = 7


def export_set(found: ModelSet, folder: Path, *, room: int) -> dict[str, float]:
    """Write the token model's step and the second stage's generator of a set.

    Args:
        found: the set; the digests of both weights are checked.
        folder: where to, made if need be.
        room: positions of the step's cache, at most 4096.

    Returns:
        Greatest difference of each file, run by onnxruntime on random numbers, from torch, as a share of the peak.

    Raises:
        CheckpointError: when the weights are not those that were taken in.
        EngineError: ``dependency_missing`` without the package ``onnx``; ``export_room``; ``export_differs`` when a file computes something else.
    """
    if find_spec("onnx") is None:
        raise EngineError("dependency_missing", "Writing ONNX files needs the package onnx (pip install onnx).")
    model = t2s_from(load_stored(found.parts["t2s"]))
    generator = cast(Generator, sovits_from(load_stored(found.parts["sovits"])).dec)
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer remarks on shapes that are constants here
        try:
            export_step(model, room, folder / STEP)
        except ValueError as error:
            raise EngineError("export_room", str(error)) from error
        export_generator(generator, folder / VOCODER)
    config, draw = model.config, torch.Generator().manual_seed(0)
    cache = (config.layers, config.heads, room, config.width // config.heads)
    filled = min(5, room - 1)
    numbers = [torch.tensor([value]) for value in (1, 2, filled)]
    step = dict(zip(INPUTS, [*numbers, *(torch.randn(cache, generator=draw) for _ in range(2))], strict=True))
    sound = {
        "latent": torch.randn(1, generator.conv_pre.in_channels, _FRAMES, generator=draw),
        "style": torch.randn(1, generator.cond.in_channels, 1, generator=draw),
    }
    return {
        STEP: _difference(folder / STEP, Step(model, room).eval(), step),
        VOCODER: _difference(folder / VOCODER, generator, sound),
    }


@torch.inference_mode()
def _difference(path: Path, network: nn.Module, inputs: Mapping[str, Tensor]) -> float:
    expected = network(*inputs.values())
    wanted = (expected if isinstance(expected, tuple) else (expected,))[0].numpy()
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = session.run(None, {name: value.numpy() for name, value in inputs.items()})[0]
    difference = float(np.abs(found - wanted).max() / np.abs(wanted).max())
    if not difference <= _ALLOWED:
        raise EngineError("export_differs", f"{path.name} differs from the network by {difference:.1e} of its peak.")
    return difference
