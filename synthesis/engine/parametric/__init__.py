"""The embedded engine: English, on two CPU cores, from PyPI packages alone.

model = enrol([(audio, "what was read"), …])
audio = render(model, "Any English text.", seed=1)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from audiokit import Audio
from synthesis.engine.protocol import RenderItem
from synthesis.engine.registry import get
from synthesis.engine.voice_model import VoiceModel

__all__ = ["enrol", "render", "stream"]


def _silently(_share: float, _phrase: str) -> None:
    """No progress wanted."""


def _never() -> bool:
    return False


def enrol(
    recordings: Sequence[tuple[Audio, str]],
    *,
    progress: Callable[[float, str], None] = _silently,
    should_stop: Callable[[], bool] = _never,
    seed: int = 0,
) -> VoiceModel:
    """Learn a voice from recordings of known text; see ``Engine.prepare_voice``."""
    return get("parametric").prepare_voice(recordings, progress=progress, should_stop=should_stop, seed=seed)


def render(
    model: VoiceModel,
    text: str,
    *,
    seed: int,
    speed: float = 1.0,
    pitch: float = 0.0,
    emotion: str | None = None,
) -> Audio:
    """Speak ``text``; 16 kHz mono."""
    return get("parametric").render_batch([RenderItem(model, text, seed, speed, pitch, emotion)])[0]


def stream(
    model: VoiceModel,
    text: str,
    *,
    seed: int,
    speed: float = 1.0,
    pitch: float = 0.0,
    emotion: str | None = None,
) -> Iterator[Audio]:
    """Speak ``text`` clause by clause; joined, the same samples as ``render``."""
    return get("parametric").stream(RenderItem(model, text, seed, speed, pitch, emotion))
