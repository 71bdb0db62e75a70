"""The engine's voice for a single item."""

from __future__ import annotations

from audiokit import Audio
from synthesis.engine.protocol import RenderItem
from synthesis.render.engines import engine as engine_named


def speak(item: RenderItem) -> Audio:
    """Render one item by the engine that made its voice. The caller holds a permit.

    Raises:
        EngineError: the engine does not take it.
    """
    (sound,) = engine_named(item.voice.engine).render_batch([item])
    return sound
