"""ONNX networks that an operator brings: opened from a pinned folder, run on few threads of the CPU.

An ONNX graph is data, not code: unlike a pickle or a TorchScript archive it can be opened without executing what it holds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class NetworkError(Exception):
    """The graph cannot be opened, or takes or gives something else than was said of it."""


class Network:
    """One graph with one input.

    Args:
        path: the ``.onnx`` file.
        output: name of the output that is wanted; the first where none is given.
        threads: of the CPU.

    Raises:
        NetworkError: not an ONNX graph, several inputs, or no such output.
    """

    def __init__(self, path: Path, *, output: str | None = None, threads: int = 1) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        try:
            session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the package raises classes of its own, which it does not export
            raise NetworkError(f"{path.name} is not a graph that can be opened: {error}") from error
        names = [one.name for one in session.get_outputs()]
        if len(session.get_inputs()) != 1:
            raise NetworkError(
                f"{path.name} takes {len(session.get_inputs())} inputs; only networks with one are known"
            )
        if output is not None and output not in names:
            raise NetworkError(f"{path.name} has no output {output!r}; it has {', '.join(names)}")
        self._session = session
        self._input = session.get_inputs()[0].name
        self._output = output or names[0]

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """``[batch, ...]`` to the wanted output, ``[batch, ...]``.

        Raises:
            NetworkError: the graph does not take arrays of that shape, or what it gives is not finite.
        """
        try:
            (found,) = self._session.run([self._output], {self._input: np.ascontiguousarray(batch, np.float32)})
        except Exception as error:
            raise NetworkError(f"the network does not take an array of shape {batch.shape}: {error}") from error
        values = np.asarray(found, dtype=np.float32)
        if not np.isfinite(values).all():
            raise NetworkError("the network gave numbers that are not finite")
        return values
