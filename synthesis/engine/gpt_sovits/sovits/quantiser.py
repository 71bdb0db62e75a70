"""HuBERT features to semantic tokens and back: one codebook of a residual vector quantiser."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.sovits.config import SoVITSConfig


class _Codebook(nn.Module):
    """Buffers by upstream's names; the averages belong to the codebook's own training, which is over."""

    def __init__(self, config: SoVITSConfig) -> None:
        super().__init__()
        self.embed: Tensor
        self.register_buffer("inited", torch.ones(1))
        self.register_buffer("cluster_size", torch.zeros(config.codes))
        self.register_buffer("embed", torch.zeros(config.codes, config.ssl))
        self.register_buffer("embed_avg", torch.zeros(config.codes, config.ssl))


class Quantiser(nn.Module):
    """Nearest vector of the codebook by Euclidean distance."""

    def __init__(self, config: SoVITSConfig) -> None:
        super().__init__()
        layer = nn.Module()
        layer.add_module("_codebook", _Codebook(config))
        self.vq = nn.Module()
        self.vq.add_module("layers", nn.ModuleList([layer]))

    @property
    def _embed(self) -> Tensor:
        return self.get_buffer("vq.layers.0._codebook.embed")

    def encode(self, features: Tensor) -> Tensor:
        """Features ``[B, ssl, T]`` to codes ``[B, T]``; computed in float32 whatever the model's format."""
        x, table = features.transpose(1, 2).float(), self._embed.float()
        # |x - e|² without |x|², which is the same for every entry.
        return (2 * x @ table.T - table.pow(2).sum(1)).argmax(-1)

    def decode(self, codes: Tensor) -> Tensor:
        """Codes ``[B, T]`` to vectors ``[B, ssl, T]``."""
        return F.embedding(codes, self._embed).transpose(1, 2)
