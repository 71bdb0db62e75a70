"""The parametric engine behind the protocol."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import torch

from audiokit import Audio
from synthesis.engine.errors import EngineError
from synthesis.engine.parametric import enrolment, world
from synthesis.engine.parametric.alignment import Aligner
from synthesis.engine.parametric.base import base_model, lexicon
from synthesis.engine.parametric.emotion import mood
from synthesis.engine.parametric.phones import split_stress
from synthesis.engine.parametric.renderer import Renderer
from synthesis.engine.parametric.voice import ENGINE, unpack
from synthesis.engine.protocol import RenderItem
from synthesis.engine.voice_model import VoiceModel

SPEED_LIMITS: Final = (0.25, 4.0)
PITCH_LIMITS: Final = (-12.0, 12.0)
_VOICES_KEPT: Final = 8


@lru_cache(maxsize=1)
def aligner() -> Aligner:
    """The aligner of this process; words that pocketsphinx lacks come from our lexicon."""
    words = lexicon()
    return Aligner(lambda word: [split_stress(symbol)[0] for symbol in words.pronounce(word)])


class ParametricEngine:
    """English, from PyPI packages alone; see ``docs/engine-notes.md`` for what it reaches.

    One per process: weights load on first use, a few recent voices stay merged, torch runs on one thread.
    """

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self._renderers: OrderedDict[str, Renderer] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """``parametric``."""
        return ENGINE

    @property
    def version(self) -> str:
        """Version of the code's output, and of the base weights."""
        return f"1+{base_model().version}"

    def prepare_voice(
        self,
        recordings: Sequence[tuple[Audio, str]],
        *,
        progress: Callable[[float, str], None],
        should_stop: Callable[[], bool],
        seed: int = 0,
        styles: Sequence[str | None] | None = None,
    ) -> VoiceModel:
        """See ``Engine.prepare_voice``; styles make no difference."""
        del styles
        with self._lock:  # the aligner's decoders serve one caller at a time
            voice = enrolment.enrol(
                base_model(), aligner(), recordings, progress=progress, should_stop=should_stop, seed=seed
            )
        return voice.pack()

    def render_batch(self, items: Sequence[RenderItem]) -> list[Audio]:
        """See ``Engine.render_batch``. Items run one after the other: on a CPU, padding them together gains nothing."""
        for item in items:
            _check(item)
        return [_joined(list(self._clauses(item))) for item in items]

    def stream(self, item: RenderItem) -> Iterator[Audio]:
        """See ``Engine.stream``; the clauses joined are what ``render_batch`` returns."""
        _check(item)
        return self._clauses(item)

    def _clauses(self, item: RenderItem) -> Iterator[Audio]:
        renderer = self._renderer(item.voice)
        shifts = mood(item.emotion, item.valence, item.arousal)
        parts = renderer.stream(item.text, seed=item.seed, speed=item.speed, semitones=item.pitch, mood=shifts)
        for samples in parts:
            yield Audio.mono(samples, world.SAMPLE_RATE)

    def _renderer(self, model: VoiceModel) -> Renderer:
        with self._lock:
            if model.digest not in self._renderers:
                self._renderers[model.digest] = Renderer(base_model(), unpack(model))
                while len(self._renderers) > _VOICES_KEPT:
                    self._renderers.popitem(last=False)
            self._renderers.move_to_end(model.digest)
            return self._renderers[model.digest]


def _check(item: RenderItem) -> None:
    if item.language.split("-")[0].lower() != "en":
        raise EngineError(
            "language_unsupported", f"The parametric engine speaks English; {item.language!r} needs another engine."
        )
    if not SPEED_LIMITS[0] <= item.speed <= SPEED_LIMITS[1]:
        raise EngineError("bad_speed", "Speed lies between {} and {}.".format(*SPEED_LIMITS))
    if not PITCH_LIMITS[0] <= item.pitch <= PITCH_LIMITS[1]:
        raise EngineError("bad_pitch", "Pitch lies between {:.0f} and {:.0f} semitones.".format(*PITCH_LIMITS))
    mood(item.emotion, item.valence, item.arousal)
    if item.style:
        raise EngineError("style_unknown", "The parametric engine keeps no labelled references; use emotion instead.")


def _joined(parts: Sequence[Audio]) -> Audio:
    return Audio.mono(np.concatenate([part.to_mono() for part in parts]), world.SAMPLE_RATE)
