"""Engines of this installation by name, for render and training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from django.conf import settings

from synthesis.engine import registry
from synthesis.engine.protocol import Engine

if TYPE_CHECKING:
    from synthesis.engine.gpt_sovits.loading import Vocoder
    from synthesis.engine.gpt_sovits.pipeline.options import Streams
    from synthesis.engine.gpt_sovits.t2s.packed import Precision

GPT_SOVITS: Final = "gpt-sovits"


def engine(name: str) -> Engine:
    """The engine of that name; the first call for one that needs models verifies and loads them.

    Raises:
        EngineError: ``unknown_engine``, ``engine_absent``, or what is wrong with the installed models.
    """
    if name == GPT_SOVITS and name not in registry.names():
        registry.register(name, _gpt_sovits)
    return registry.get(name)


def _gpt_sovits() -> Engine:
    # Imported here: a worker that never speaks by this engine loads none of it.
    from synthesis.engine.gpt_sovits.installed import installed

    return installed(
        settings.VIVAVOCE_MODELS_DIR,
        settings.VIVAVOCE_MODEL_SET,
        device=settings.VIVAVOCE_ENGINE_DEVICE,
        dtype=settings.VIVAVOCE_ENGINE_DTYPE,
        # The settings admit no other words.
        t2s_precision=cast("Precision | None", settings.VIVAVOCE_GPT_SOVITS_TOKENS or None),
        vocoder=cast("Vocoder", settings.VIVAVOCE_GPT_SOVITS_VOCODER),
        streams=cast("Streams | None", settings.VIVAVOCE_GPT_SOVITS_STREAMS or None),
        check_words=settings.VIVAVOCE_GPT_SOVITS_CHECK_WORDS,
        reference_free=settings.VIVAVOCE_GPT_SOVITS_REFERENCE_FREE,
    )
