"""What every engine offers: prepare a voice once, then render any number of texts with it.

Models of voices are values: immutable, shareable between threads and processes, and passed in with each item. An engine
holds no current voice, so two voices in one batch cannot mix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from audiokit import Audio
from synthesis.engine.errors import Cancelled, EngineError
from synthesis.engine.voice_model import VoiceModel

__all__ = ["EMOTIONS", "Cancelled", "Engine", "EngineError", "RenderItem", "VoiceModel"]

EMOTIONS = ("neutral", "cheerful", "calm", "sad", "serious", "encouraging")


@dataclass(frozen=True, slots=True)
class RenderItem:
    """One text to be spoken.

    Attributes:
        voice: who speaks.
        text: what is spoken; at most the engine's limit of characters.
        seed: the same item with the same seed gives the same samples on the same machine.
        speed: factor on the rate of speech, 0.5 to 2.
        pitch: semitones, -12 to 12.
        emotion: one of ``EMOTIONS``; None is neutral.
        language: BCP 47 primary tag.
        valence: unpleasant to pleasant, -1 to 1, on top of the emotion.
        arousal: calm to excited, -1 to 1, on top of the emotion.
        style: name of a labelled reference of the voice; None for the usual one.
    """

    voice: VoiceModel
    text: str
    seed: int
    speed: float = 1.0
    pitch: float = 0.0
    emotion: str | None = None
    language: str = "en"
    valence: float = 0.0
    arousal: float = 0.0
    style: str | None = None


class TimedWord(Protocol):
    """A word and when it is heard."""

    @property
    def text(self) -> str:
        """As written."""

    @property
    def start(self) -> float:
        """Seconds from the beginning."""

    @property
    def end(self) -> float:
        """Seconds from the beginning."""


class Timed(Protocol):
    """Sound with the times of its words."""

    @property
    def audio(self) -> Audio:
        """The sound, the same as ``render_batch`` gives."""

    @property
    def words(self) -> Sequence[TimedWord]:
        """In order."""


@runtime_checkable
class TimingEngine(Protocol):
    """An engine that also knows when each word is heard."""

    def render(self, items: Sequence[RenderItem]) -> Sequence[Timed]:
        """As ``Engine.render_batch``."""


@runtime_checkable
class ConvertingEngine(Protocol):
    """An engine that can also say in a voice what somebody else said."""

    def convert(
        self, model: VoiceModel, audio: Audio, *, seed: int, text: str | None = None, language: str = "auto"
    ) -> Audio:
        """What ``audio`` says, in a voice, with the timing it has.

        Args:
            model: whose voice.
            audio: speech of anybody.
            seed: the same gives the same samples on the same machine.
            text: what is said, when it is known; ``language`` its tag.

        Raises:
            EngineError: for a recording or voice model that the engine does not take.
        """


@runtime_checkable
class Engine(Protocol):
    """A speech synthesiser that can learn a voice."""

    @property
    def name(self) -> str:
        """Stable name, stored with each voice model."""

    @property
    def version(self) -> str:
        """Version of code and weights; a change may change samples."""

    def prepare_voice(
        self,
        recordings: Sequence[tuple[Audio, str]],
        *,
        progress: Callable[[float, str], None],
        should_stop: Callable[[], bool],
        seed: int = 0,
    ) -> VoiceModel:
        """Learn a voice from recordings of one person and what was read in each.

        Args:
            recordings: sound and transcript of each take.
            progress: called with a share in [0, 1] and a phrase for the person who waits.
            should_stop: asked between steps.
            seed: the same recordings and seed give the same model on the same machine.

        Raises:
            EngineError: when the recordings will not do.
            Cancelled: when ``should_stop`` answered true.
        """

    def render_batch(self, items: Sequence[RenderItem]) -> list[Audio]:
        """Speak each item; results in the order of ``items``, each independent of its neighbours.

        Raises:
            EngineError: for text, language, control value or voice model that the engine does not take.
        """

    def stream(self, item: RenderItem) -> Iterator[Audio]:
        """Speak one item clause by clause, so that the first sound comes early."""
