"""A training step as a CUDA graph: a small network's step is thousands of short kernels, and Python is slower than they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Tensor

_WARM_UP: Final = 3

Step = Callable[[Sequence[Tensor]], Tensor]


class GraphedStep:
    """Replays ``step`` on other data of the same shapes.

    The step must draw from the device's default generator alone, hold learning rates as tensors, and read nothing back. What
    warms it up are steps like any other.

    Args:
        step: data to losses, in one tensor.
        data: of the first steps, on the device.
    """

    def __init__(self, step: Step, data: Sequence[Tensor]) -> None:
        self._data = [tensor.clone() for tensor in data]
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP):
                step(self._data)
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._losses = step(self._data)

    def __call__(self, data: Sequence[Tensor]) -> Tensor:
        """One step; its losses."""
        for mine, new in zip(self._data, data, strict=True):
            mine.copy_(new)
        self._graph.replay()
        return self._losses.clone()
