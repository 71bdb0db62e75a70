"""The second stage's generator as ONNX: latent and style to samples, any number of frames."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import torch

from synthesis.engine.gpt_sovits.sovits.generator import Generator

OPSET: Final = 18


def export_generator(generator: Generator, path: Path) -> None:
    """Write the generator as an ONNX file: ``latent`` ``[1, inter, T]`` and ``style`` ``[1, gin, 1]`` to ``sound``
    ``[1, 1, 640 T]``.

    Args:
        generator: with weight normalisation folded, in single precision, on the processor.
        path: of the file.
    """
    inter, gin = generator.conv_pre.in_channels, generator.cond.in_channels
    torch.onnx.export(
        generator.eval(),
        (torch.zeros(1, inter, 4), torch.zeros(1, gin, 1)),
        path,
        input_names=["latent", "style"],
        output_names=["sound"],
        dynamic_axes={"latent": {2: "frames"}, "sound": {2: "samples"}},
        opset_version=OPSET,
        dynamo=False,
    )
