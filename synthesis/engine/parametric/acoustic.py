"""The acoustic network: phones, durations and F0 to mel-cepstrum, aperiodicity and voicing, conditioned on a speaker.

Gated dilated convolutions with feature-wise modulation (van den Oord et al. 2016, "WaveNet"; Perez et al. 2018, "FiLM"),
not autoregressive. Frames are 10 ms apart. The speaker is a vector of long-term statistics, so a new voice can be
approached without training and then closed in on by low-rank adapters (Hu et al. 2021, "LoRA").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from synthesis.engine.parametric import mcep
from synthesis.engine.parametric import phones as ph

FRAME_MS: Final = 10.0
CEPSTRUM: Final = mcep.ORDER + 1
SPEAKER_SIZE: Final = 3 * CEPSTRUM + 3
FRAME_FEATURES: Final = 5
OUTPUTS: Final = CEPSTRUM + 2  # + aperiodicity / 10, voicing logit


@dataclass(frozen=True)
class AcousticConfig:
    """Sizes of the network; the defaults give 1.4 million parameters, which train in minutes on one core."""

    hidden: int = 128
    phone_embedding: int = 96
    phone_hidden: int = 160
    speaker_hidden: int = 96
    speaker: int = 64
    dilations: tuple[int, ...] = (1, 2, 4, 8, 1, 2, 4, 8)

    @classmethod
    def of_width(cls, width: int) -> AcousticConfig:
        """``width`` channels in the frame layers, and as many more in the others as in the default."""
        default = cls()
        share = width / default.hidden
        return cls(
            hidden=width,
            phone_hidden=round(default.phone_hidden * share),
            speaker_hidden=round(default.speaker_hidden * share),
        )


class AcousticNet(nn.Module):
    """See the module."""

    def __init__(self, config: AcousticConfig | None = None) -> None:
        super().__init__()
        c = self.config = config or AcousticConfig()
        self.phone = nn.Embedding(len(ph.PHONES), c.phone_embedding)
        self.stress = nn.Embedding(3, c.phone_embedding)
        self.phone_convs = nn.ModuleList(
            [
                nn.Conv1d(c.phone_embedding, c.phone_hidden, 5, padding=2),
                nn.Conv1d(c.phone_hidden, c.phone_hidden, 5, padding=2),
                nn.Conv1d(c.phone_hidden, c.phone_hidden, 3, padding=1),
            ]
        )
        self.speaker = nn.Sequential(
            nn.Dropout(0.1),
            nn.Linear(SPEAKER_SIZE, c.speaker_hidden),
            nn.Tanh(),
            nn.Linear(c.speaker_hidden, c.speaker),
        )
        self.entry = nn.Conv1d(c.phone_hidden + FRAME_FEATURES + c.speaker, c.hidden, 1)
        self.gates = nn.ModuleList(
            [nn.Conv1d(c.hidden, 2 * c.hidden, 3, padding=dilation, dilation=dilation) for dilation in c.dilations]
        )
        self.films = nn.ModuleList([nn.Linear(c.speaker, 2 * c.hidden) for _ in c.dilations])
        self.skips = nn.ModuleList([nn.Conv1d(c.hidden, c.hidden, 1) for _ in c.dilations])
        self.exit = nn.Conv1d(c.hidden, c.hidden, 1)
        self.out = nn.Conv1d(c.hidden, OUTPUTS, 1)
        self.dropout = nn.Dropout(0.05)

    def forward(self, phone: Tensor, stress: Tensor, index: Tensor, frames: Tensor, speaker: Tensor) -> Tensor:
        """Normalised cepstra, aperiodicity and voicing logit.

        Args:
            phone: phone numbers, ``[B, P]``.
            stress: 0 to 2, ``[B, P]``.
            index: phone of each frame, ``[B, T]``.
            frames: position, reverse position, log duration, F0 relative and absolute, ``[B, 5, T]``.
            speaker: normalised long-term statistics, ``[B, 123]``.

        Returns:
            ``[B, 42, T]``.
        """
        x = (self.phone(phone) + self.stress(stress)).transpose(1, 2)  # (B, E, P)
        for conv in self.phone_convs:
            x = functional.gelu(conv(x))
        x = torch.gather(x, 2, index[:, None].expand(-1, x.shape[1], -1))  # (B, E, T)
        z = self.speaker(speaker)  # (B, S)
        x = self.entry(torch.cat([x, frames, z[:, :, None].expand(-1, -1, x.shape[2])], 1))
        for gate, film, skip in zip(self.gates, self.films, self.skips, strict=True):
            a, b = (gate(self.dropout(x)) + film(z)[:, :, None]).chunk(2, 1)
            x = x + skip(torch.tanh(a) * torch.sigmoid(b))
        out: Tensor = self.out(functional.gelu(self.exit(functional.gelu(x))))
        return out


_LOSS_WEIGHT: Final = torch.tensor([1.5] + [1.2] * 12 + [1.0] * 12 + [0.7] * 15)[None, :, None]


def loss(out: Tensor, cepstrum: Tensor, aperiodicity: Tensor, voiced: Tensor, mask: Tensor) -> Tensor:
    """L1 on cepstra and on their slopes, L1 on aperiodicity, cross-entropy on voicing.

    Args:
        out: ``[B, 42, T]``.
        cepstrum: normalised, ``[B, 40, T]``.
        aperiodicity: dB / 10, ``[B, T]``.
        voiced: 0 or 1, ``[B, T]``.
        mask: 1 where a frame counts, ``[B, T]``.
    """
    count = mask.sum()
    predicted = out[:, :CEPSTRUM]
    weight = _LOSS_WEIGHT.to(out.device) * mask[:, None]
    level = ((predicted - cepstrum).abs() * weight).sum() / count / CEPSTRUM
    slope = (predicted[..., 2:] - predicted[..., :-2]) - (cepstrum[..., 2:] - cepstrum[..., :-2])
    slopes = (slope.abs() * weight[..., 2:]).sum() / count / CEPSTRUM
    breath = ((out[:, CEPSTRUM] - aperiodicity).abs() * mask).sum() / count
    voicing = functional.binary_cross_entropy_with_logits(out[:, CEPSTRUM + 1], voiced, reduction="none")
    return level + 0.5 * slopes + 0.1 * breath + 0.1 * (voicing * mask).sum() / count
