"""The whole engine in miniature, with random weights: speaks noise, and obeys every rule that a large one does."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import cast

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import HubertConfig, HubertModel

from synthesis.engine.gpt_sovits.engine import GptSovitsEngine
from synthesis.engine.gpt_sovits.features.hubert import Hubert
from synthesis.engine.gpt_sovits.pipeline.networks import Networks
from synthesis.engine.gpt_sovits.pipeline.options import Options
from synthesis.engine.gpt_sovits.pipeline.voice import Reference, Voice
from synthesis.engine.gpt_sovits.sovits.config import SoVITSConfig
from synthesis.engine.gpt_sovits.sovits.fast import on_a_processor
from synthesis.engine.gpt_sovits.sovits.generator import Generator
from synthesis.engine.gpt_sovits.sovits.model import SoVITS
from synthesis.engine.gpt_sovits.t2s.config import T2SConfig
from synthesis.engine.gpt_sovits.t2s.model import T2S
from synthesis.engine.gpt_sovits.t2s.packed import default_precision, pack
from synthesis.engine.voice_model import VoiceModel

SSL, CODES, SYMBOLS, GIN = 16, 40, 30, 8
DIGESTS = ("a" * 64, "b" * 64)
SOVITS = SoVITSConfig(
    ssl=SSL, codes=CODES, symbols=SYMBOLS, hidden=16, inter=8, inner=24, heads=2, window=4, layers_ssl=1, layers_text=2,
    layers_joint=1, kernel=3, mrte=GIN, style_bins=704, style=128, gin=GIN, sv=0, flows=4, flow_layers=4, flow_kernel=5,
    posterior_layers=16, bins=1025, channels=32, rates=(10, 8, 2, 2, 2), up_kernels=(16, 16, 8, 2, 2),
    block_kernels=(3, 7, 11),
)  # fmt: skip
T2S_SIZES = T2SConfig(
    width=16, heads=2, layers=2, inner=32, phones=SYMBOLS, vocabulary=CODES + 1, bert=4, max_seconds=2
)


@dataclass(frozen=True)
class Plain:
    """A stretch of letters."""

    ids: tuple[int, ...]
    norm: str
    language: str = "en"
    word2ph: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Manner:
    rate: float = 1.0
    pitch: float = 0.0


@dataclass(frozen=True)
class Written:
    """A sentence."""

    stretches: tuple[Plain, ...]
    text: str
    prosody: Manner = Manner()
    pause: float | None = None


def letters(text: str, language: str) -> Sequence[Written]:
    """A front end for which a letter is a phone and a full stop ends a piece."""
    pieces = [part.strip() for part in text.lower().split(".") if part.strip()]
    return [
        Written((Plain(tuple(1 + ord(sign) % (SYMBOLS - 1) for sign in piece), piece, language),), piece)
        for piece in pieces
    ]


@lru_cache(maxsize=1)
def sovits() -> SoVITS:
    """The second stage, weights lively enough that everything depends on everything."""
    torch.manual_seed(11)
    model = SoVITS(SOVITS)
    model.get_buffer("quantizer.vq.layers.0._codebook.embed").normal_()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.startswith(("dec.", "flow.", "enc_p.")) and parameter.dim() > 1:
                parameter.mul_(1.5)
    return model.eval().requires_grad_(False)


@lru_cache(maxsize=1)
def t2s() -> T2S:
    """The token model."""
    torch.manual_seed(12)
    model = T2S(T2S_SIZES)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, 0.0, 0.4)
    return model.eval().requires_grad_(False)


def hubert_folder(folder: Path, width: int = SSL) -> Path:
    """A HuBERT with the convolutions' real strides and hardly any width."""
    torch.manual_seed(13)
    config = HubertConfig(
        hidden_size=width, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, conv_dim=(8,) * 7,
        num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    config.to_json_file(folder / "config.json")
    save_file(HubertModel(config).state_dict(), folder / "model.safetensors")
    return folder


def engine(folder: Path, options: Options | None = None, *, fast: bool = False) -> GptSovitsEngine:
    """All of it together; ``folder`` is for HuBERT, ``fast`` takes the forms that loading picks for this processor."""
    tokens, second = pack(t2s()), sovits()
    if fast:
        tokens, second = pack(t2s(), default_precision("cpu")), copy.deepcopy(second)
        second.dec = on_a_processor(cast(Generator, second.dec))
    networks = Networks(tokens, second, Hubert(hubert_folder(folder)), None, None, DIGESTS)
    return GptSovitsEngine(networks, letters, options or Options(attempts=1))


def voice(seed: int, **moods: int) -> VoiceModel:
    """A voice that nobody has; further moods by name and seed."""
    return Voice({"neutral": _reference(seed)} | {mood: _reference(s) for mood, s in moods.items()}, *DIGESTS).pack()


def _reference(seed: int) -> Reference:
    rng = np.random.default_rng(seed)
    return Reference(
        rng.integers(0, CODES, 30).astype(np.int32),
        rng.integers(1, SYMBOLS, 14).astype(np.int32),
        None,
        (3 * rng.standard_normal(GIN)).astype(np.float32),
    )


def replaced(**sizes: int) -> SoVITSConfig:
    """The second stage's sizes with some of them changed."""
    return replace(SOVITS, **sizes)  # type: ignore[arg-type]
