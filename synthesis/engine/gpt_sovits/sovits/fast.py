"""The generator's convolutions on a processor with eight numbers a vector: fewer multiplications and the same sums.

Half of the generator's work are convolutions of eleven taps. By overlap-save (Oppenheim & Schafer, section 8.7.3) a block of
48 samples is taken to the frequency domain, channels are mixed there, and 38 outputs come back: 900 operations an output
instead of 2,816 at 128 channels. Transforms of that size are matrix products, so that everything runs at the speed of
matrix products; rounding differs from direct summation by about 1e-6 of the peak. A dilated convolution is a plain one over
each phase of the signal, which is how the transforms see it, and which suits direct summation of few channels as well.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.sovits import laid_out
from synthesis.engine.gpt_sovits.sovits.generator import Generator, ResidualBlock
from synthesis.engine.gpt_sovits.sovits.laid_out import LaidOutGenerator

_BLOCK: Final = 48
_CHUNK: Final = 64  # blocks
_LEAST_TAPS: Final = 9  # with fewer, the transforms cost what they save
# With fewer, moving blocks costs more than the sums save; with more, the transformed weights no longer stay in the cache.
_CHANNELS: Final = (12, 192)
_FEW_CHANNELS: Final = 64


class TransformedConv1d(nn.Module):
    """A convolution of odd taps with ``padding = taps // 2 * dilation``, by overlap-save."""

    analysis: Tensor
    synthesis: Tensor
    real: Tensor
    imaginary: Tensor
    bias: Tensor

    def __init__(self, conv: nn.Conv1d) -> None:
        super().__init__()
        weight = conv.weight.detach().double()  # [out, in, taps]
        self._taps, self._dilation = int(weight.shape[2]), int(conv.dilation[0])
        self._step = _BLOCK - self._taps + 1
        frequencies = torch.arange(_BLOCK // 2 + 1, dtype=torch.float64)[:, None]
        angles = 2 * math.pi / _BLOCK * frequencies * torch.arange(_BLOCK, dtype=torch.float64)  # [F, N]
        cosines, sines = torch.cos(angles), torch.sin(angles)
        # Each frequency but the first and the last stands for its mirror image too.
        share = torch.full_like(frequencies, 2.0 / _BLOCK)
        share[[0, -1]] = 1.0 / _BLOCK
        buffers = {
            "analysis": torch.cat((cosines, -sines)),  # [2 F, N]
            "real": torch.einsum("fj,oij->foi", cosines[:, : self._taps], weight),  # correlation: the conjugate
            "imaginary": torch.einsum("fj,oij->foi", sines[:, : self._taps], weight),
            "synthesis": torch.cat((cosines * share, -sines * share))[:, : self._step].T,  # [step, 2 F]
        }
        for name, value in buffers.items():
            self.register_buffer(name, value.to(conv.weight.dtype).contiguous())
        bias = conv.bias.detach() if conv.bias is not None else torch.zeros(weight.shape[0])
        self.register_buffer("bias", bias * _BLOCK)

    def forward(self, x: Tensor) -> Tensor:
        """``[B, in, T]`` to ``[B, out, T]``."""
        length, width = x.shape[2], self._dilation
        blocks = -(-length // (self._step * width))
        before = self._taps // 2 * width
        whole = (blocks * self._step + self._taps - 1) * width
        x = F.pad(x, (before, whole - length - before))
        parts = [self._run(x, at, min(_CHUNK, blocks - at)) for at in range(0, blocks, _CHUNK)]
        return (parts[0] if len(parts) == 1 else torch.cat(parts, 2))[:, :, :length]

    def _run(self, x: Tensor, first: int, blocks: int) -> Tensor:
        """Outputs of some blocks from the padded signal; few at a time, so that what lies between stays in the cache."""
        batch, channels, _ = x.shape
        outputs, width, step = self.bias.shape[0], self._dilation, self._step
        rows, planes, one = x.stride()
        columns, hop = batch * width * blocks, step * width * one
        shape = (channels, _BLOCK, batch, width, blocks)
        cut = x.as_strided(shape, (planes, width * one, rows, one, hop), x.storage_offset() + first * hop)
        spectrum = (self.analysis @ cut.reshape(channels, _BLOCK, columns)).view(channels, 2, -1, columns)
        real, imaginary = spectrum[:, 0].transpose(0, 1), spectrum[:, 1].transpose(0, 1)  # [F, in, columns]
        mixed = x.new_empty(2, real.shape[0], outputs, columns)
        torch.bmm(self.real, real, out=mixed[0]).baddbmm_(self.imaginary, imaginary, alpha=-1.0)
        torch.bmm(self.real, imaginary, out=mixed[1]).baddbmm_(self.imaginary, real)
        mixed[0, 0] += self.bias[:, None]  # what is added at frequency 0 is added to every output
        out = (self.synthesis @ mixed.view(2 * real.shape[0], -1)).view(step, outputs, batch, width, blocks)
        return out.permute(2, 1, 4, 0, 3).reshape(batch, outputs, -1)


class PhasedConv1d(nn.Module):
    """A dilated convolution with ``padding = taps // 2 * dilation``, phase by phase."""

    def __init__(self, conv: nn.Conv1d) -> None:
        super().__init__()
        self._conv, self._dilation = conv, int(conv.dilation[0])

    def forward(self, x: Tensor) -> Tensor:
        """``[B, C, T]`` to the same."""
        batch, channels, length = x.shape
        each = -(-length // self._dilation)
        x = F.pad(x, (0, each * self._dilation - length)).view(batch, channels, each, self._dilation)
        phases = x.permute(0, 3, 1, 2).reshape(-1, channels, each)
        weight = self._conv.weight
        out = F.conv1d(phases, weight, self._conv.bias, padding=weight.shape[2] // 2)
        merged = out.view(batch, self._dilation, -1, each).permute(0, 2, 3, 1)
        return merged.reshape(batch, weight.shape[0], -1)[:, :, :length]


def on_a_processor(generator: Generator, dtype: torch.dtype = torch.float32) -> Generator | LaidOutGenerator:
    """The form of a generator that is fastest here: laid out where the processor has AVX-512, else by overlap-save.

    Args:
        generator: in single precision, weight normalisation folded; is changed.
        dtype: of the inner layers; without AVX-512 they stay in single precision.
    """
    return LaidOutGenerator(generator, dtype) if laid_out.pays() else accelerate(generator)


def has_tiles() -> bool:
    """Whether the processor multiplies matrices of bfloat16 by itself (AMX), so that they pay."""
    return bool(torch.cpu._is_amx_tile_supported())


def accelerate(generator: Generator) -> Generator:
    """Replace the convolutions for which another form is faster on a processor; weight norm is folded already.

    Masked batches and results stay what they were, up to rounding.
    """
    for block in generator.resblocks:
        if isinstance(block, ResidualBlock):
            for convs in (block.convs1, block.convs2):
                for index, conv in enumerate(convs):
                    convs[index] = _faster(conv)
    return generator


def _faster(conv: nn.Module) -> nn.Module:
    if not isinstance(conv, nn.Conv1d):
        return conv
    channels, taps = conv.in_channels, int(conv.kernel_size[0])
    if taps >= _LEAST_TAPS and _CHANNELS[0] <= channels <= _CHANNELS[1]:
        return TransformedConv1d(conv)
    if conv.dilation[0] > 1 and channels <= _FEW_CHANNELS:
        return PhasedConv1d(conv)
    return conv
