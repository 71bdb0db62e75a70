"""The engine of an installation: one set of the models folder, every digest checked before a weight is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.library import ModelSet, listed, resolve, verify

if TYPE_CHECKING:
    from synthesis.engine.gpt_sovits.engine import GptSovitsEngine
    from synthesis.engine.gpt_sovits.loading import Vocoder
    from synthesis.engine.gpt_sovits.pipeline.options import Streams
    from synthesis.engine.gpt_sovits.t2s.packed import Precision

DTYPES: Final = ("float32", "float16", "bfloat16")


def chosen(models: Path, name: str = "") -> ModelSet:
    """The set of that name, or the only one there is.

    Raises:
        EngineError: ``engine_absent`` when there is none, ``engine_ambiguous`` when there are several and none is named.
    """
    if name:
        return resolve(models, name)
    found = listed(models)
    if not found:
        raise EngineError(
            "engine_absent", "This installation has no models for the engine gpt-sovits; its operator adds them."
        )
    if len(found) > 1:
        names = ", ".join(each.name for each in found)
        raise EngineError(
            "engine_ambiguous", f"Several model sets are installed ({names}); the operator must name one."
        )
    return found[0]


def installed(
    models: Path,
    name: str = "",
    *,
    device: str = "cpu",
    dtype: str = "float32",
    t2s_precision: Precision | None = None,
    vocoder: Vocoder = "float32",
    streams: Streams | None = None,
    check_words: bool = False,
    reference_free: bool = False,
) -> GptSovitsEngine:
    """Load the engine.

    Args:
        models: the models folder.
        name: which set; may be empty when there is one.
        device: ``cpu``, ``cuda`` or ``cuda:N``.
        dtype: one of ``DTYPES``.
        t2s_precision: see ``load``, as ``vocoder``.
        streams: ``quick`` or ``faithful``, see ``Options``; None takes what suits the device.
        check_words: see ``Options``, as ``reference_free``.

    Raises:
        EngineError: see ``chosen``; ``checkpoint_digest`` when a file is not the one that was taken in; others as ``load``.
    """
    import torch

    from synthesis.engine.gpt_sovits.loading import load
    from synthesis.engine.gpt_sovits.pipeline.options import Options

    found = chosen(models, name)
    if wrong := verify(found):
        raise EngineError("checkpoint_digest", f"The model set {found.name} was altered: {wrong[0]}")
    if dtype not in DTYPES:
        raise EngineError("bad_dtype", f"There is no number format {dtype[:20]!r}; choose one of {', '.join(DTYPES)}.")
    parts = found.parts
    return load(
        t2s=parts["t2s"],
        sovits=parts["sovits"],
        hubert=parts["hubert"],
        bert=parts.get("bert"),
        sv=parts.get("sv"),
        discriminator=parts.get("discriminator"),
        device=device,
        dtype=getattr(torch, dtype),
        g2pw=parts.get("g2pw"),
        t2s_precision=t2s_precision,
        vocoder=vocoder,
        options=replace(Options.on(device, streams), check_words=check_words, reference_free=reference_free),
    )
