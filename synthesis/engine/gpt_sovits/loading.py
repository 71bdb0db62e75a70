"""Files to an engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast

import numpy as np
import torch

from synthesis.engine.gpt_sovits.build import build_sovits, build_speaker, build_t2s
from synthesis.engine.gpt_sovits.engine import GptSovitsEngine
from synthesis.engine.gpt_sovits.errors import CheckpointError
from synthesis.engine.gpt_sovits.features.bert import Bert
from synthesis.engine.gpt_sovits.features.hubert import Hubert
from synthesis.engine.gpt_sovits.pipeline.front import Front, Piece
from synthesis.engine.gpt_sovits.pipeline.networks import Networks
from synthesis.engine.gpt_sovits.pipeline.options import Options
from synthesis.engine.gpt_sovits.pipeline.own import SOVITS, T2S, Base
from synthesis.engine.gpt_sovits.sovits.fast import on_a_processor
from synthesis.engine.gpt_sovits.sovits.generator import Generator
from synthesis.engine.gpt_sovits.sovits.model import SoVITS
from synthesis.engine.gpt_sovits.t2s.packed import PackedT2S, Precision, default_precision, pack
from synthesis.engine.gpt_sovits.text import plan
from synthesis.engine.gpt_sovits.text.front_end import polyphones_from
from synthesis.engine.gpt_sovits.text.symbols import Version
from synthesis.engine.gpt_sovits.text.zh.readings import Polyphones
from synthesis.engine.gpt_sovits.weights import Weights, read_weights

Vocoder = Literal["float32", "bfloat16"]
_VOCODERS: dict[Vocoder, torch.dtype] = {"float32": torch.float32, "bfloat16": torch.bfloat16}

_PRECISIONS: dict[torch.dtype, Precision] = {
    torch.float32: "float32",
    torch.float16: "float16",
    torch.bfloat16: "bfloat16",
}


def load(
    *,
    t2s: Path,
    sovits: Path,
    hubert: Path,
    bert: Path | None = None,
    sv: Path | None = None,
    g2pw: Path | None = None,
    discriminator: Path | None = None,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    front: Front | None = None,
    options: Options | None = None,
    t2s_precision: Precision | None = None,
    vocoder: Vocoder = "float32",
) -> GptSovitsEngine:
    """An engine from local files.

    Args:
        t2s: the token model (s1), a checkpoint file or a converted folder.
        sovits: the second stage (s2), likewise.
        hubert: folder of the HuBERT model.
        bert: folder of the Chinese BERT model; without it Chinese is spoken less well.
        sv: the speaker model, a checkpoint file or converted folder; needed for v2Pro and v2ProPlus.
        g2pw: folder of the polyphone model, which needs ``bert``; without it pypinyin decides readings.
        discriminator: of the second stage, for fine-tuning; without it new ones are trained along.
        device: where the networks run.
        dtype: of token model and second stage; HuBERT and speaker model stay in float32.
        front: text to phones; None for our own.
        options: how to render; None takes what suits the device.
        t2s_precision: of the token model's weights, see ``pack``; None takes ``dtype``, and on a processor half-precision
            weights with single-precision arithmetic where the file holds no more than that.
        vocoder: ``bfloat16`` runs the generator's inner layers in it where ``dtype`` is float32 and the device a processor;
            on one without AVX-512 nothing comes of it. docs/gpt-sovits.md has the loss.

    Raises:
        CheckpointError: when a file will not do.
    """
    first, second = read_weights(t2s), read_weights(sovits)
    _expect(first, "s1", t2s)
    _expect(second, "s2-", sovits)
    base = _base(t2s, sovits, discriminator, device, dtype, t2s_precision, vocoder)
    packed, model = base.token_model(first), base.second_stage(second)
    speaker = None
    if model.config.pro:
        if sv is None:
            raise CheckpointError("checkpoint_unsupported", f"{second.kind} needs the speaker model beside it.")
        third = read_weights(sv)
        _expect(third, "sv", sv)
        speaker = build_speaker(third.tensors).to(device)
        if speaker.config.out != model.config.sv:
            raise CheckpointError("checkpoint_shape", "The speaker model is not the one this SoVITS model wants.")
    features = Hubert(hubert, device)
    texts = Bert(bert, device) if bert is not None else None
    _fit(model.config.ssl, features.width, "HuBERT")
    if texts is not None:
        _fit(packed.config.bert, texts.width, "BERT")
    networks = Networks(packed, model, features, texts, speaker, (first.sha256, second.sha256))
    if options is None:
        options = Options.on(device)
    if front is None:
        polyphones = None if g2pw is None else polyphones_from(g2pw, bert)
        front = our_front("v1" if second.kind == "s2-v1" else "v2", polyphones)
    return GptSovitsEngine(networks, front, options, base)


def _base(
    t2s: Path,
    sovits: Path,
    discriminator: Path | None,
    device: torch.device | str,
    dtype: torch.dtype,
    precision: Precision | None,
    vocoder: Vocoder,
) -> Base:
    """How weights become networks here; for the installed ones, and for those of a voice."""

    def token_model(weights: Weights) -> PackedT2S:
        return pack(build_t2s(weights.tensors, weights.config), precision or _precision(weights, dtype, device), device)

    def second_stage(weights: Weights) -> SoVITS:
        model = build_sovits(weights.tensors, weights.config).to(device, dtype)
        if torch.device(device).type == "cpu" and dtype == torch.float32:
            model.dec = on_a_processor(cast(Generator, model.dec), _VOCODERS[vocoder])
        return model

    def judge() -> Weights | None:
        return None if discriminator is None else read_weights(discriminator)

    return Base(lambda: {T2S: read_weights(t2s), SOVITS: read_weights(sovits)}, judge, token_model, second_stage)


def _precision(weights: Weights, dtype: torch.dtype, device: torch.device | str) -> Precision:
    """Halves in memory cost nothing where halves are what was stored, and a step reads half as much."""
    on_cpu = torch.device(device).type == "cpu"
    halves = all(array.dtype == np.float16 for array in weights.tensors.values())
    if on_cpu and dtype == torch.float32 and halves:
        return default_precision("cpu")
    return _PRECISIONS[dtype]


def our_front(version: Version, polyphones: Polyphones | None = None) -> Front:
    """Our own text front end, for the symbols of v1 or of v2 and later."""

    def pieces(text: str, language: str) -> Sequence[Piece]:
        return plan.plan(text, language.split("-")[0].lower(), version=version, polyphones=polyphones)

    return pieces


def _expect(weights: Weights, kind: str, path: Path) -> None:
    if not weights.kind.startswith(kind):
        raise CheckpointError("checkpoint_unsupported", f"{path.name} holds {weights.kind}, not {kind.rstrip('-')}.")


def _fit(wanted: int, found: int, what: str) -> None:
    if wanted != found:
        raise CheckpointError("checkpoint_shape", f"The {what} model is {found} wide, {wanted} was expected.")
