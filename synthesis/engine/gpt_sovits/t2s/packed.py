"""The token model laid out for generating: fused projections packed for the processor, no graph of modules in the way.

At batch 1 a step reads every weight once and does little else, so what counts is bytes read. Official checkpoints are stored
in half precision; ``float16`` keeps them so on the processor too and computes in single precision, which halves the bytes
and changes nothing but the order of sums. ``int8`` halves them again at a loss (docs/gpt-sovits.md has it).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.t2s.config import T2SConfig
from synthesis.engine.gpt_sovits.t2s.fused import Fused, fuse
from synthesis.engine.gpt_sovits.t2s.model import T2S, sine_table
from synthesis.engine.gpt_sovits.t2s.request import MAX_POSITIONS

Precision = Literal["float32", "float16", "bfloat16", "int8"]

_INT7: Final = 63

Dense = Callable[[Tensor], Tensor]
"""``[N, in]`` to ``[N, out]``."""


@dataclass(frozen=True, slots=True)
class PackedLayer:
    """One block: ``x = norm1(x + out(attention(qkv(x))))``, ``x = norm2(x + down(up(x)))``; ``up`` includes the ReLU."""

    qkv: Dense
    out: Dense
    up: Dense
    down: Dense
    norm1: tuple[Tensor, Tensor]
    norm2: tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class PackedT2S:
    """Weights of the token model, read only. Holds no state of a request.

    Attributes:
        precision: number format of the large weights; see ``pack``.
        text, audio: embeddings ``[phones, width]`` and ``[vocabulary, width]``, positions not added.
        text_places, audio_places: position vectors ``[4096, width]``, times alpha.
        fused: a whole step in one compiled function, for half-precision weights where it can be had.
    """

    config: T2SConfig
    precision: Precision
    text: Tensor
    audio: Tensor
    text_places: Tensor
    audio_places: Tensor
    bert: Dense
    layers: tuple[PackedLayer, ...]
    predict: Dense
    fused: Fused | None = None

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.text.device

    @property
    def dtype(self) -> torch.dtype:
        """Number format of activations and of the cache."""
        return self.text.dtype

    def embed_text(self, phones: Tensor, bert: Tensor) -> Tensor:
        """Phones ``[T]`` and features ``[bert, T]`` to ``[T, width]``."""
        return self.text[phones] + self.bert(bert.T.to(self.dtype)) + self.text_places[: len(phones)]

    def embed_tokens(self, tokens: Tensor, positions: Tensor) -> Tensor:
        """Tokens ``[N]`` at audio positions ``[N]`` to ``[N, width]``."""
        return self.audio[tokens] + self.audio_places[positions]

    def logits(self, x: Tensor) -> Tensor:
        """``[N, width]`` to float32 ``[N, vocabulary]``."""
        return self.predict(x).float()


def run_layer(layer: PackedLayer, x: Tensor, attend: Callable[[Tensor], Tensor]) -> Tensor:
    """One block over ``[N, width]``; ``attend`` maps q, k, v ``[N, 3 * width]`` to ``[N, width]``."""
    width = x.shape[-1]
    x = F.layer_norm(x + layer.out(attend(layer.qkv(x))), (width,), *layer.norm1)
    return F.layer_norm(x + layer.down(layer.up(x)), (width,), *layer.norm2)


def default_precision(device: torch.device | str) -> Precision:
    """``float16`` on a GPU and on processors for which torch packs half-precision weights (x86), else ``float32``."""
    on_gpu = torch.device(device).type == "cuda"
    return "float16" if on_gpu or "fbgemm" in torch.backends.quantized.supported_engines else "float32"


@torch.no_grad()
def pack(model: T2S, precision: Precision = "float32", device: torch.device | str | None = None) -> PackedT2S:
    """Lay a model out for generating.

    Args:
        model: its weights are referred to, not copied, where ``precision`` and device are its own.
        precision: ``float32``; ``float16``: half-precision weights, with single-precision arithmetic on the processor and
            half-precision arithmetic on a GPU; ``bfloat16``: weights and arithmetic (pays with AMX or AVX512-BF16 only);
            ``int8``: on the processor only, weights by output row, activations by call, in the blocks' four projections.
        device: None leaves it where the model is.

    Raises:
        ValueError: for int8 on a GPU.
    """
    device = torch.device(device) if device is not None else model.bert_proj.weight.device
    on_cpu = device.type == "cpu"
    if precision == "int8" and not on_cpu:
        raise ValueError("int8 is for the processor; on a GPU use float16")
    half = {"float16": torch.float32 if on_cpu else torch.float16, "bfloat16": torch.bfloat16}
    dtype = half.get(precision, torch.float32)

    def put(tensor: Tensor) -> Tensor:
        return tensor.detach().to(device, dtype)

    def dense(weight: Tensor, bias: Tensor | None, kind: Precision = precision, relu: bool = False) -> Dense:
        return _dense(put(weight), None if bias is None else put(bias), kind if on_cpu else "float32", relu)

    places = sine_table(MAX_POSITIONS, model.config.width).to(model.bert_proj.weight.device)
    layers = []
    for block in model.blocks:
        attention, up, down = block.self_attn, block.linear1, block.linear2
        layers.append(
            PackedLayer(
                dense(attention.in_proj_weight, attention.in_proj_bias),
                dense(attention.out_proj.weight, attention.out_proj.bias),
                dense(up.weight, up.bias, relu=True),
                dense(down.weight, down.bias),
                (put(block.norm1.weight), put(block.norm1.bias)),
                (put(block.norm2.weight), put(block.norm2.bias)),
            )
        )
    # The last projection decides which token it is, and is a hundredth of the weights: never int8.
    outer: Precision = "float16" if precision == "int8" and default_precision("cpu") == "float16" else precision
    outer = "float32" if outer == "int8" else outer
    return PackedT2S(
        config=model.config,
        precision=precision,
        text=put(model.ar_text_embedding.word_embeddings.weight),
        audio=put(model.ar_audio_embedding.word_embeddings.weight),
        text_places=put(model.ar_text_position.alpha * places),
        audio_places=put(model.ar_audio_position.alpha * places),
        bert=dense(model.bert_proj.weight, model.bert_proj.bias, outer),
        layers=tuple(layers),
        predict=dense(model.ar_predict_layer.weight, None, outer),
        fused=fuse(model) if on_cpu and precision == "float16" else None,
    )


def _dense(weight: Tensor, bias: Tensor | None, kind: Precision, relu: bool) -> Dense:
    if kind == "float16" and default_precision("cpu") == "float16":
        return _half(weight, bias, relu)
    if kind == "int8":
        return _int8(weight, bias, relu)
    if relu:
        return lambda x: F.relu(F.linear(x, weight, bias), inplace=True)
    return lambda x: F.linear(x, weight, bias)


def _half(weight: Tensor, bias: Tensor | None, relu: bool) -> Dense:
    # The same kernels as torch.ops.quantized.linear_dynamic_fp16, but bound directly: at batch 1 the way through the
    # operator registry costs a third of the time of a projection. Torch calls them deprecated; the version is pinned.
    multiply = torch.fbgemm_linear_fp16_weight_fp32_activation
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        packed = torch.fbgemm_pack_gemm_matrix_fp16(weight)
        multiply(weight[:1], packed, bias)  # the notice comes at the first use
    if relu:
        return lambda x: multiply(x, packed, bias).relu_()
    return lambda x: multiply(x, packed, bias)


def _int8(weight: Tensor, bias: Tensor | None, relu: bool) -> Dense:
    # Weights of 7 bits: AVX2 adds pairs of products in 16 bits, which 8 times 8 bits overflow.
    multiply = torch.fbgemm_linear_int8_weight_fp32_activation
    scale = weight.abs().amax(1).clamp_min(1e-12) / _INT7
    rows = torch.round(weight / scale[:, None]).to(torch.int8)
    sums = rows.sum(1, dtype=torch.int32)
    offset, nothing = (torch.zeros_like(scale) if bias is None else bias), torch.zeros_like(scale)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        packed = torch.fbgemm_pack_quantized_matrix(rows)
        multiply(weight[:1], rows, packed, sums, 1.0, 0, nothing)

    def int8(x: Tensor) -> Tensor:
        out = torch.addcmul(offset, multiply(x, rows, packed, sums, 1.0, 0, nothing), scale)
        return out.relu_() if relu else out

    return int8


TokenModel = T2S | PackedT2S


def packed_of(model: TokenModel) -> PackedT2S:
    """The model itself when it is packed, else its weights as they are now, in single precision."""
    return pack(model, "float32") if isinstance(model, nn.Module) else model
