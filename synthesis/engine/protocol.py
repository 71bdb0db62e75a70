"""What every engine offers: prepare a voice once, then render any number of texts with it.

Models of voices are values: immutable, shareable between threads and processes, and passed in with each item. An engine
holds no current voice, so two voices in one batch cannot mix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from audiokit import Audio
from synthesis.engine.errors import Cancelled, EngineError
from synthesis.engine.voice_model import VoiceModel

__all__ = ["EMOTIONS", "Align", "Cancelled", "Engine", "EngineError", "RenderItem", "Scratch", "VoiceModel"]

Align = Callable[[Audio, str], Sequence[tuple[str, float, float]] | None]
"""A recording and its text to the words as written with start and end in seconds; None when no alignment is found."""

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


class Scratch(Protocol):
    """Where a training keeps what it must not lose when its process dies.

    All of it is made from a person's recordings, so whoever gives a scratch sees to it that what lies in it is sealed, and
    erased when the training ends, is cancelled, or the person's voice goes.
    """

    def save(self, name: str, parts: Iterable[bytes]) -> None:
        """Replace what is kept under a name, all of it or nothing.

        Raises:
            Cancelled: nothing of this training may be kept any more.
        """

    def load(self, name: str) -> Iterator[bytes] | None:
        """The parts that are kept under a name; None when there is nothing."""

    def drop(self, name: str) -> None:
        """Forget a name; one that is not there changes nothing."""


@runtime_checkable
class FineTuningEngine(Protocol):
    """An engine that can also move its own weights towards a voice."""

    def fine_tune(
        self,
        recordings: Sequence[tuple[Audio, str]],
        *,
        scratch: Scratch,
        styles: Sequence[str | None] | None = None,
        previous: VoiceModel | None,
        align: Align | None,
        preference: bool,
        denoise: bool,
        language: str,
        progress: Callable[[float, str], None],
        should_stop: Callable[[], bool],
        seed: int = 0,
    ) -> VoiceModel:
        """As ``Engine.prepare_voice``, by training; where that is not worth while, what ``prepare_voice`` gives.

        Args:
            recordings: see there.
            scratch: for what must survive the process; emptied at the end.
            styles: see there.
            previous: the voice's model so far, to go on from where it has weights of its own; None begins anew.
            align: words of a recording with their times, for cutting long ones.
            preference: also learn to prefer readings to spoilt ones.
            denoise: take steady noise out of the readings first.
            language: tag of the transcripts.
            progress: see there, as ``should_stop`` and ``seed``.

        Raises:
            EngineError: when the recordings will not do.
            Cancelled: when ``should_stop`` answered true, or the scratch takes nothing any more.
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
        styles: Sequence[str | None] | None = None,
    ) -> VoiceModel:
        """Learn a voice from recordings of one person and what was read in each.

        Args:
            recordings: sound and transcript of each take.
            progress: called with a share in [0, 1] and a phrase for the person who waits.
            should_stop: asked between steps.
            seed: the same recordings and seed give the same model on the same machine.
            styles: the manner each recording was read in, by name; None is neutral. An engine that keeps references by
                name can be asked for them (``RenderItem.style``); others learn from all recordings alike.

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
