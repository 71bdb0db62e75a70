"""The posterior encoder, used in training: a linear spectrogram to mean and log deviation of the latent."""

from __future__ import annotations

from torch import Tensor, nn

from synthesis.engine.gpt_sovits.sovits.config import SoVITSConfig
from synthesis.engine.gpt_sovits.sovits.wavenet import WaveNet

_TAPS = 5


class PosteriorEncoder(nn.Module):
    """Sixteen gated convolutions over the spectrogram."""

    def __init__(self, config: SoVITSConfig, *, normed: bool) -> None:
        super().__init__()
        self.pre = nn.Conv1d(config.bins, config.hidden, 1)
        self.enc = WaveNet(config.hidden, _TAPS, config.posterior_layers, config.gin, normed=normed)
        self.proj = nn.Conv1d(config.hidden, 2 * config.inter, 1)

    def forward(self, spectrum: Tensor, mask: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log deviation, ``[B, inter, T]`` each, of ``[B, bins, T]``; no gradient flows into the style."""
        x = self.enc(self.pre(spectrum) * mask, mask, style.detach())
        mean, log_deviation = (self.proj(x) * mask).chunk(2, 1)
        return mean, log_deviation
