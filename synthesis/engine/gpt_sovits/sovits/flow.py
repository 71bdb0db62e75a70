"""The normalising flow between latent and prior: mean-only couplings (Dinh et al. 2017) with a flip after each."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from synthesis.engine.gpt_sovits.sovits.config import SoVITSConfig
from synthesis.engine.gpt_sovits.sovits.wavenet import WaveNet


class Coupling(nn.Module):
    """Adds to one half of the channels what a network makes of the other half."""

    def __init__(self, config: SoVITSConfig, *, normed: bool) -> None:
        super().__init__()
        half = config.inter // 2
        self.pre = nn.Conv1d(half, config.hidden, 1)
        self.enc = WaveNet(config.hidden, config.flow_kernel, config.flow_layers, config.gin, normed=normed)
        self.post = nn.Conv1d(config.hidden, half, 1)

    def forward(self, x: Tensor, mask: Tensor, style: Tensor, *, reverse: bool) -> Tensor:
        """``[B, inter, T]`` to the same."""
        kept, moved = x.chunk(2, 1)
        shift = self.post(self.enc(self.pre(kept) * mask, mask, style)) * mask
        moved = (moved - shift) * mask if reverse else shift + moved * mask
        return torch.cat((kept, moved), 1)


class Flow(nn.Module):
    """The couplings. Their indices are even; upstream counts the flips between them too."""

    def __init__(self, config: SoVITSConfig, *, normed: bool) -> None:
        super().__init__()
        self.flows = nn.ModuleDict({str(2 * index): Coupling(config, normed=normed) for index in range(config.flows)})
        self.reach = config.flows * config.flow_layers * (config.flow_kernel // 2)

    def forward(self, x: Tensor, mask: Tensor, style: Tensor, *, reverse: bool = False) -> Tensor:
        """Latent to prior, or back.

        Args:
            x: ``[B, inter, T]``; ``mask`` ``[B, 1, T]``.
            style: ``[B, gin, 1]``.
            reverse: from prior to latent.

        Returns:
            ``[B, inter, T]``. A frame depends on ``reach`` frames to each side of it.
        """
        couplings = list(self.flows.values())
        if reverse:
            for coupling in reversed(couplings):
                x = coupling(x.flip(1), mask, style, reverse=True)
        else:
            for coupling in couplings:
                x = coupling(x, mask, style, reverse=False).flip(1)
        return x
