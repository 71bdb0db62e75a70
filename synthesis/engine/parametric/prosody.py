"""The prosody network: how long each phone lasts and how F0 runs through it.

Durations are logarithms relative to the speaker's rate, F0 is in standard deviations around the speaker's mean, so the
network learns the language's rhythm and tune, and the speaker's own numbers bring them home.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from synthesis.engine.parametric import phones as ph
from synthesis.engine.parametric.track import CONTEXT_SIZE

STYLE_SIZE: Final = 3  # rate, F0 deviation, pause rate
F0_POINTS: Final = 3  # thirds of a phone
OUTPUTS: Final = 1 + F0_POINTS
_HIDDEN: Final = 128
_DILATIONS: Final = (1, 2, 4, 8, 1, 2)


class ProsodyNet(nn.Module):
    """Residual dilated convolutions over phones, then one recurrent layer each way."""

    def __init__(self) -> None:
        super().__init__()
        self.phone = nn.Embedding(len(ph.PHONES), 48)
        self.entry = nn.Conv1d(48 + CONTEXT_SIZE + STYLE_SIZE, _HIDDEN, 1)
        self.convs = nn.ModuleList([nn.Conv1d(_HIDDEN, _HIDDEN, 3, padding=d, dilation=d) for d in _DILATIONS])
        self.norms = nn.ModuleList([nn.LayerNorm(_HIDDEN) for _ in _DILATIONS])
        self.recurrent = nn.GRU(_HIDDEN, _HIDDEN // 2, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * _HIDDEN, OUTPUTS)
        self.dropout = nn.Dropout(0.15)

    def forward(self, phone: Tensor, context: Tensor, style: Tensor, mask: Tensor) -> Tensor:
        """Relative log duration and F0 at the thirds of each phone.

        Args:
            phone: ``[B, P]``.
            context: ``[B, P, 23]``.
            style: ``[B, 3]``.
            mask: 1 where a phone counts, ``[B, P]``; padding is at the end.

        Returns:
            ``[B, P, 4]``.
        """
        x = torch.cat([self.phone(phone), context, style[:, None].expand(-1, phone.shape[1], -1)], 2)
        x = self.entry(x.transpose(1, 2)) * mask[:, None]
        for conv, norm in zip(self.convs, self.norms, strict=True):
            normed = norm(x.transpose(1, 2)).transpose(1, 2)
            x = (x + self.dropout(functional.gelu(conv(normed * mask[:, None])))) * mask[:, None]
        x = x.transpose(1, 2)
        lengths = mask.sum(1).long().cpu()
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        recurrent, _ = nn.utils.rnn.pad_packed_sequence(
            self.recurrent(packed)[0], batch_first=True, total_length=x.shape[1]
        )
        out: Tensor = self.out(self.dropout(torch.cat([x, recurrent], 2)))
        return out
