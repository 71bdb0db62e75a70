"""Sizes of a SoVITS model, read from the weights' shapes and checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from synthesis.engine.gpt_sovits.errors import CheckpointError

SAMPLE_RATE: Final = 32_000
HOP: Final = 640
N_FFT: Final = 2048
FRAMES_PER_TOKEN: Final = 2

_MRTE_HEADS: Final = 4
_STYLE_HEADS: Final = 2
_DILATIONS: Final = (1, 3, 5)
_RATES: Final = (10, 8, 2, 2, 2)
_MAX_WIDTH: Final = 32_768

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class SoVITSConfig:
    """Sizes of one model.

    Attributes:
        ssl: width of the HuBERT features and of the codebook's vectors.
        codes: entries of the codebook.
        symbols: rows of the phone embedding.
        hidden: width of the encoders.
        inter: width of the latent that flow and generator work on.
        inner: width of the encoders' feed-forward layers.
        heads: attention heads of the encoders.
        window: relative positions learned on each side.
        layers_ssl: blocks of the encoder of the tokens; ``layers_text`` and ``layers_joint`` those of the others.
        kernel: taps of the feed-forward layers.
        mrte: width of the cross-attention.
        style_bins: linear bins that the style encoder sees; ``style`` is its inner width.
        gin: width of the style vector.
        sv: width of the speaker model's map; 0 where there is none (v1, v2).
        flow_layers: layers of each of the ``flows`` coupling networks, with ``flow_kernel`` taps.
        posterior_layers: layers of the posterior encoder; 0 when it was left out of the file.
        bins: linear bins that the posterior encoder sees.
        channels: width of the generator before the first upsampling.
        rates: factors of upsampling; ``up_kernels`` the taps of each.
        block_kernels: taps of the residual blocks of each stage; ``dilations`` of their convolutions.
    """

    ssl: int
    codes: int
    symbols: int
    hidden: int
    inter: int
    inner: int
    heads: int
    window: int
    layers_ssl: int
    layers_text: int
    layers_joint: int
    kernel: int
    mrte: int
    style_bins: int
    style: int
    gin: int
    sv: int
    flows: int
    flow_layers: int
    flow_kernel: int
    posterior_layers: int
    bins: int
    channels: int
    rates: tuple[int, ...]
    up_kernels: tuple[int, ...]
    block_kernels: tuple[int, ...]
    dilations: tuple[int, ...] = _DILATIONS

    @property
    def pro(self) -> bool:
        """Whether the style is joined with a speaker embedding (v2Pro, v2ProPlus)."""
        return self.sv > 0

    @property
    def mrte_heads(self) -> int:
        """Heads of the cross-attention; not to be seen in any shape."""
        return _MRTE_HEADS

    @property
    def style_heads(self) -> int:
        """Heads of the style encoder; not to be seen in any shape."""
        return _STYLE_HEADS

    @classmethod
    def of(cls, shapes: Shapes, config: Mapping[str, Any]) -> SoVITSConfig:
        """Sizes of a checkpoint. Only the upsampling factors come from its configuration, where it has one.

        Raises:
            CheckpointError: ``checkpoint_shape``.
        """
        try:
            found = _read(shapes, config)
        except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
            raise CheckpointError("checkpoint_shape", "The sizes of the SoVITS model cannot be read.") from error
        found._check()
        return found

    def _check(self) -> None:
        widths = (self.ssl, self.codes, self.hidden, self.inter, self.inner, self.mrte, self.gin, self.channels)
        sane = all(1 <= width <= _MAX_WIDTH for width in widths) and self.inter % 2 == 0 and self.sv <= _MAX_WIDTH
        divides = self.hidden % self.heads == 0 and self.mrte % _MRTE_HEADS == 0 and self.style % _STYLE_HEADS == 0
        halves = self.channels % 2 ** len(self.rates) == 0 and len(self.rates) == len(self.up_kernels)
        taps = all(
            kernel >= rate and (kernel - rate) % 2 == 0
            for kernel, rate in zip(self.up_kernels, self.rates, strict=False)
        )
        odd = all(kernel % 2 for kernel in (*self.block_kernels, self.kernel, self.flow_kernel))
        if not (sane and divides and halves and taps and odd and math.prod(self.rates) == HOP):
            raise CheckpointError("checkpoint_shape", "The sizes of the SoVITS model do not fit each other.")


def _read(shapes: Shapes, config: Mapping[str, Any]) -> SoVITSConfig:
    model = config.get("model", {})
    rates = tuple(int(rate) for rate in model.get("upsample_rates", _RATES))
    hidden, ssl, _ = shapes["enc_p.ssl_proj.weight"]
    _, positions, head = shapes["enc_p.encoder_ssl.attn_layers.0.emb_rel_k"]
    inner, _, kernel = shapes["enc_p.encoder_ssl.ffn_layers.0.conv_1.weight"]
    gin, style = shapes["ref_enc.fc.fc.weight"]
    posterior = shapes.get("enc_q.pre.weight")
    blocks = _count(shapes, "dec.resblocks.") // max(len(rates), 1)
    return SoVITSConfig(
        ssl=ssl,
        codes=shapes["quantizer.vq.layers.0._codebook.embed"][0],
        symbols=shapes["enc_p.text_embedding.weight"][0],
        hidden=hidden,
        inter=shapes["enc_p.proj.weight"][0] // 2,
        inner=inner,
        heads=hidden // head,
        window=positions // 2,
        layers_ssl=_count(shapes, "enc_p.encoder_ssl.attn_layers."),
        layers_text=_count(shapes, "enc_p.encoder_text.attn_layers."),
        layers_joint=_count(shapes, "enc_p.encoder2.attn_layers."),
        kernel=kernel,
        mrte=shapes["enc_p.mrte.c_pre.weight"][0],
        style_bins=shapes["ref_enc.spectral.0.fc.weight"][1],
        style=style,
        gin=gin,
        sv=shapes["sv_emb.weight"][1] if "sv_emb.weight" in shapes else 0,
        flows=_count(shapes, "flow.flows."),
        flow_layers=_count(shapes, "flow.flows.0.enc.in_layers."),
        flow_kernel=_weight(shapes, "flow.flows.0.enc.in_layers.0")[2],
        posterior_layers=_count(shapes, "enc_q.enc.in_layers.") if posterior else 0,
        bins=posterior[1] if posterior else N_FFT // 2 + 1,
        channels=shapes["dec.conv_pre.weight"][0],
        rates=rates,
        up_kernels=tuple(_weight(shapes, f"dec.ups.{stage}")[2] for stage in range(len(rates))),
        block_kernels=tuple(_weight(shapes, f"dec.resblocks.{block}.convs1.0")[2] for block in range(blocks)),
        dilations=_dilations(model),
    )  # fmt: skip


def _weight(shapes: Shapes, name: str) -> tuple[int, ...]:
    return shapes[f"{name}.weight_v"] if f"{name}.weight_v" in shapes else shapes[f"{name}.weight"]


def _count(shapes: Shapes, prefix: str) -> int:
    return len({name[len(prefix) :].split(".")[0] for name in shapes if name.startswith(prefix)})


def _dilations(model: Mapping[str, Any]) -> tuple[int, ...]:
    rows = {tuple(int(value) for value in row) for row in model.get("resblock_dilation_sizes", [_DILATIONS])}
    if len(rows) != 1:
        raise ValueError("residual blocks of different dilations are not known of any version")
    (row,) = rows
    return row
