"""The generator laid out for a processor: channels last, weights packed once, what follows a convolution done inside it.

torch turns signal and weights over to the library's own layout at each convolution, and back behind it; that and reading
every signal again for the activation take a third of the time. With channels last the library's kernels read the signal as
it is, weights are packed at load, activation and residual sum happen while a result is still in registers. The sums are the
same but for their order.
"""

from __future__ import annotations

from typing import Final, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.sovits.generator import LAST_SLOPE, SLOPE, Generator, ResidualBlock

_USUAL_LENGTH: Final = 9_600  # of a signal; weights are packed for about this, and serve any


def pays() -> bool:
    """Whether the processor has the kernels for it (AVX-512)."""
    mkldnn = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return bool(mkldnn) and torch.backends.cpu.get_cpu_capability() == "AVX512"


class _Conv:
    """One convolution of stride 1 over ``[B, C, 1, T]``, channels last."""

    def __init__(self, conv: nn.Conv1d, dtype: torch.dtype) -> None:
        weight = conv.weight.detach()[:, :, None].to(dtype)
        self._bias = None if conv.bias is None else conv.bias.detach().to(dtype)
        self._padding, self._dilation = [0, int(conv.padding[0])], [1, int(conv.dilation[0])]
        usual = [1, weight.shape[1], 1, _USUAL_LENGTH]
        self._weight = torch._C._nn.mkldnn_reorder_conv2d_weight(  # type: ignore[call-arg]  # its stub has one argument
            weight.to_mkldnn(), self._padding, [1, 1], self._dilation, 1, usual
        )

    def __call__(self, x: Tensor, slope: float | None = None) -> Tensor:
        """The convolution, and a leaky ReLU where a slope is given."""
        after, scalars = ("none", []) if slope is None else ("leaky_relu", [slope])
        out = torch.ops.mkldnn._convolution_pointwise(
            x, self._weight, self._bias, self._padding, [1, 1], self._dilation, 1, after, scalars, ""
        )
        return cast(Tensor, out)

    def onto(self, base: Tensor, x: Tensor) -> Tensor:
        """``base`` with the convolution of ``x`` added, in place."""
        out = torch.ops.mkldnn._convolution_pointwise_.binary(
            base, x, self._weight, self._bias, self._padding, [1, 1], self._dilation, 1, "add", None, None, [], ""
        )
        return cast(Tensor, out)


class _Upsampling:
    def __init__(self, conv: nn.ConvTranspose1d, dtype: torch.dtype) -> None:
        weight = conv.weight.detach()[:, :, None].to(dtype)
        self._weight = weight.contiguous(memory_format=torch.channels_last)
        self._bias = None if conv.bias is None else conv.bias.detach().to(dtype)
        self._stride, self._padding = int(conv.stride[0]), int(conv.padding[0])

    def __call__(self, x: Tensor) -> Tensor:
        return F.conv_transpose2d(x, self._weight, self._bias, (1, self._stride), (0, self._padding))


class LaidOutGenerator(nn.Module):
    """As the generator it is made from, which must have its weight normalisation folded; for inference only.

    Args:
        generator: in single precision, on the processor.
        dtype: of upsampling and residual blocks; the first and the last convolution stay in single precision.
    """

    def __init__(self, generator: Generator, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.cond, self.reach = generator.cond, generator.reach
        self._pre, self._post = _Conv(generator.conv_pre, torch.float32), _Conv(generator.conv_post, torch.float32)
        self._ups = [_Upsampling(cast(nn.ConvTranspose1d, up), dtype) for up in generator.ups]
        self._blocks = [_pairs(cast(ResidualBlock, block), dtype) for block in generator.resblocks]
        self._dtype = dtype

    def forward(self, x: Tensor, style: Tensor, mask: Tensor | None = None) -> Tensor:
        """See ``Generator.forward``."""
        x = x[:, :, None].contiguous(memory_format=torch.channels_last)
        mask = None if mask is None else mask[:, :, None].to(self._dtype)
        x = _masked((self._pre(x) + self.cond(style)[:, :, None]).to(self._dtype), mask)
        each = len(self._blocks) // len(self._ups)
        for stage, up in enumerate(self._ups):
            length = x.shape[-1]
            x = up(F.leaky_relu_(x, SLOPE)).contiguous(memory_format=torch.channels_last)
            if mask is not None:
                mask = mask.repeat_interleave(x.shape[-1] // length, 3)
                x = x * mask
            begun = F.leaky_relu(x, SLOPE)  # is what each block begins with
            total: Tensor | None = None
            for number, pairs in enumerate(self._blocks[stage * each : (stage + 1) * each], 1):
                # Each works in place; the last may have the signal itself.
                own = x if number == each else x.clone(memory_format=torch.channels_last)
                out = _residual(pairs, own, begun, mask)
                total = out if total is None else total.add_(out)
            x = cast(Tensor, total).div_(each)
        x = _masked(F.leaky_relu_(x, LAST_SLOPE), mask)
        return torch.tanh(self._post(x.float()))[:, :, 0].contiguous()


def _pairs(block: ResidualBlock, dtype: torch.dtype) -> list[tuple[_Conv, _Conv]]:
    return [
        (_Conv(cast(nn.Conv1d, first), dtype), _Conv(cast(nn.Conv1d, second), dtype))
        for first, second in zip(block.convs1, block.convs2, strict=True)
    ]


def _residual(pairs: list[tuple[_Conv, _Conv]], x: Tensor, begun: Tensor, mask: Tensor | None) -> Tensor:
    """A residual block of ``x``, in place; ``begun`` is ``x`` after the activation."""
    for number, (first, second) in enumerate(pairs):
        inner = first(_masked(begun if number == 0 else F.leaky_relu(x, SLOPE), mask), SLOPE)
        x = second.onto(x, _masked(inner, mask))
    return x


def _masked(x: Tensor, mask: Tensor | None) -> Tensor:
    return x if mask is None else x * mask
