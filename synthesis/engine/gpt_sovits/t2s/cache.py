"""Keys and values of past positions in memory reserved once per request.

Growing the cache by concatenation copies everything at every token; here a token writes one row and attention reads a view.
"""

from __future__ import annotations

import torch
from torch import Tensor

from synthesis.engine.gpt_sovits.t2s.config import T2SConfig


class KeyValueCache:
    """Static cache ``[layers, 2, B, heads, capacity, head width]``.

    Args:
        config: sizes of the model.
        batch: rows.
        capacity: positions of text and audio together.
    """

    def __init__(
        self,
        config: T2SConfig,
        batch: int,
        capacity: int,
        *,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        shape = (config.layers, 2, batch, config.heads, capacity, config.width // config.heads)
        self._store = torch.zeros(shape, dtype=dtype, device=device)
        self._layers = config.layers
        self.capacity = capacity
        self.length = 0

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Write new positions of one layer and return all so far, as views. The last layer moves ``length`` on.

        Args:
            k: ``[B, heads, new, head width]``, as is ``v``.

        Raises:
            ValueError: when there is no room.
        """
        end = self.length + k.shape[2]
        if end > self.capacity:
            raise ValueError(f"the cache has room for {self.capacity} positions, asked for {end}")
        keys, values = self._store[layer, 0], self._store[layer, 1]
        keys[:, :, self.length : end] = k
        values[:, :, self.length : end] = v
        if layer == self._layers - 1:
            self.length = end
        return keys[:, :, :end], values[:, :, :end]

    def keep(self, rows: Tensor) -> None:
        """Drop all rows of the batch but these (indices ``[n]``)."""
        self._store = self._store[:, :, rows]
