"""The GPT-SoVITS engine behind the protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray

from audiokit import Audio
from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits import conversion
from synthesis.engine.gpt_sovits.pipeline import manner, preparation, timing
from synthesis.engine.gpt_sovits.pipeline.front import Front
from synthesis.engine.gpt_sovits.pipeline.manner import Manner
from synthesis.engine.gpt_sovits.pipeline.networks import Networks
from synthesis.engine.gpt_sovits.pipeline.options import Options
from synthesis.engine.gpt_sovits.pipeline.own import WEIGHTS, Base, OwnNetworks
from synthesis.engine.gpt_sovits.pipeline.rendering import Spoken, speak
from synthesis.engine.gpt_sovits.pipeline.timing import Word
from synthesis.engine.gpt_sovits.pipeline.utterance import Utterance, noise_of, request_of, style_of, utterances
from synthesis.engine.gpt_sovits.pipeline.voice import ENGINE, Voice, unpack
from synthesis.engine.gpt_sovits.sovits.config import SAMPLE_RATE
from synthesis.engine.gpt_sovits.sovits.streaming import Streamer
from synthesis.engine.gpt_sovits.t2s.generate import generate
from synthesis.engine.protocol import Align, RenderItem, Scratch
from synthesis.engine.voice_model import VoiceModel

if TYPE_CHECKING:
    from synthesis.engine.gpt_sovits.train.tuning import Plan

SPEED_LIMITS: Final = (0.25, 4.0)
PITCH_LIMITS: Final = (-12.0, 12.0)
MAX_CHARACTERS: Final = 20_000
_CODE_VERSION: Final = "1"

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Rendering:
    """A text, spoken.

    Attributes:
        audio: 32 kHz, mono.
        words: when each is heard.
        doubtful: texts of pieces that no attempt spoke plausibly.
    """

    audio: Audio
    words: tuple[Word, ...]
    doubtful: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Job:
    networks: Networks
    utterances: list[Utterance]
    manners: list[Manner]


class GptSovitsEngine:
    """Speaks in any number of voices at once; holds networks and no voice.

    Args:
        networks: see ``Networks``.
        front: text to phones.
        options: for items that ask for nothing else.
        base: what the networks were made from; None where there is nothing to fine-tune.
    """

    def __init__(self, networks: Networks, front: Front, options: Options, base: Base | None = None) -> None:
        self._networks, self._front, self._options = networks, front, options
        self._base = base
        self._own = OwnNetworks(networks, base) if base is not None else None

    @property
    def name(self) -> str:
        """``gpt-sovits``."""
        return ENGINE

    @property
    def version(self) -> str:
        """Version of the code's output, and the beginnings of the weights' digests."""
        t2s, sovits = self._networks.digests
        return f"{_CODE_VERSION}+{t2s[:12]}.{sovits[:12]}"

    @property
    def networks(self) -> Networks:
        """What was loaded."""
        return self._networks

    def prepare_voice(
        self,
        recordings: Sequence[tuple[Audio, str]],
        *,
        progress: Callable[[float, str], None],
        should_stop: Callable[[], bool],
        seed: int = 0,
        styles: Sequence[str | None] | None = None,
        language: str = "auto",
    ) -> VoiceModel:
        """See ``Engine.prepare_voice``; nothing is trained.

        Args:
            recordings: one of 3 to 10 s becomes the reference; all lend their style.
            progress: see there, as ``should_stop``.
            seed: nothing here is drawn.
            styles: of each recording. One of the names of ``EMOTIONS`` is also taken when an item asks for that emotion.
            language: tag of the transcripts.
        """
        del seed
        kinds = [None] * len(recordings) if styles is None else list(styles)
        voice = preparation.prepare(
            self._networks, self._front, recordings, kinds, language, progress=progress, should_stop=should_stop
        )
        return voice.pack()

    def fine_tune(
        self,
        recordings: Sequence[tuple[Audio, str]],
        *,
        scratch: Scratch,
        styles: Sequence[str | None] | None = None,
        previous: VoiceModel | None = None,
        align: Align | None = None,
        preference: bool = False,
        denoise: bool = False,
        language: str = "auto",
        progress: Callable[[float, str], None],
        should_stop: Callable[[], bool],
        seed: int = 0,
        plan: Plan | None = None,
    ) -> VoiceModel:
        """See ``FineTuningEngine.fine_tune``; ``plan`` says how to train, None as usual.

        Raises:
            EngineError: see there; ``fine_tuning_unavailable`` when the engine was made of networks alone.
        """
        if self._base is None:
            raise EngineError("fine_tuning_unavailable", "This engine has no weights at hand to fine-tune.")
        # Not at the top: a worker that only speaks needs none of it.
        from synthesis.engine.gpt_sovits.train.tuning import Plan, fine_tune

        return fine_tune(
            self._base,
            self._networks,
            self._front,
            recordings,
            styles=styles,
            plan=plan or Plan.usual(seed=seed, preference=preference, denoise=denoise),
            scratch=scratch,
            previous=previous,
            align=align,
            language=language,
            progress=progress,
            should_stop=should_stop,
        )

    def render_batch(self, items: Sequence[RenderItem]) -> list[Audio]:
        """See ``Engine.render_batch``."""
        return [rendering.audio for rendering in self.render(items, timed=False)]

    def render(
        self, items: Sequence[RenderItem], options: Options | None = None, *, timed: bool = True
    ) -> list[Rendering]:
        """Speak each item, with the times of its words.

        Args:
            items: texts and voices.
            options: for all of them; None for the engine's.
            timed: whether to find the times.

        Raises:
            EngineError: see ``Engine.render_batch``.
        """
        chosen = options or self._options
        jobs = [self._job(item) for item in items]
        found: dict[int, Rendering] = {}
        # Voices that share networks are spoken together; those with weights of their own by themselves.
        for networks in {id(job.networks): job.networks for job in jobs}.values():
            members = [number for number, job in enumerate(jobs) if job.networks is networks]
            spoken = iter(speak(networks, [each for number in members for each in jobs[number].utterances], chosen))
            for number in members:
                said = [next(spoken) for _ in jobs[number].utterances]
                found[number] = self._rendering(jobs[number], said, chosen, timed)
        return [found[number] for number in range(len(jobs))]

    def stream(self, item: RenderItem, options: Options | None = None) -> Iterator[Audio]:
        """Speak one item while its tokens are still being drawn.

        Where pitch is shifted, each piece leaves as a whole, since pitch is found by looking at all of it.

        Args:
            item: text and voice.
            options: None for the engine's.

        Raises:
            EngineError: see ``Engine.render_batch``.
        """
        chosen = options or self._options
        return self._chunks(self._job(item), chosen)

    def convert(
        self, model: VoiceModel, audio: Audio, *, seed: int, text: str | None = None, language: str = "auto"
    ) -> Audio:
        """Say what ``audio`` says in a voice, with the timing it has.

        Args:
            model: whose voice.
            audio: speech of anybody.
            seed: the same gives the same samples on the same machine.
            text: what is said, when it is known; ``language`` its tag.

        Raises:
            EngineError: ``bad_voice_model``, ``too_little_speech``, ``audio_too_long``.
        """
        reference, _ = self.voice(model).reference(None, None)
        pieces = self._front(text, language) if text else ()
        phones = [number for piece in pieces for stretch in piece.stretches for number in stretch.ids]
        scale = self._options.noise_scale
        networks = self._networks_of(model)
        return conversion.convert(networks, reference, audio, seed=seed, noise_scale=scale, phones=phones or None)

    def _job(self, item: RenderItem) -> _Job:
        _check(item)
        voice = self.voice(item.voice)
        reference, recorded = voice.reference(item.style, item.emotion)
        asked, rate = manner.asked(item, recorded=recorded)
        parts = utterances(self._front, item.text, item.language, reference, seed=item.seed, speed=item.speed * rate)
        manners = [replace(asked, semitones=asked.semitones + part.piece.prosody.pitch) for part in parts]
        return _Job(self._networks_of(item.voice), parts, manners)

    def _networks_of(self, model: VoiceModel) -> Networks:
        if self._own is not None:
            return self._own.of(model)
        if WEIGHTS in model.facts:
            raise EngineError(
                "bad_voice_weights", "This engine was loaded without the weights this voice is made from."
            )
        return self._networks

    def voice(self, model: VoiceModel) -> Voice:
        """Read a voice model, and refuse one of other weights.

        Raises:
            EngineError: ``bad_voice_model``.
        """
        sizes, t2s = self._networks.sovits.config, self._networks.t2s.config
        voice = unpack(model, gin=sizes.gin, bert=t2s.bert, codes=sizes.codes, symbols=min(sizes.symbols, t2s.phones))
        if (voice.t2s, voice.sovits) != self._networks.digests:
            raise EngineError("bad_voice_model", "This voice model belongs to other weights than those loaded.")
        return voice

    def _rendering(self, job: _Job, spoken: Sequence[Spoken], options: Options, timed: bool) -> Rendering:
        parts: list[Floats] = []
        words: list[Word] = []
        at = 0
        for index, (said, how) in enumerate(zip(spoken, job.manners, strict=True)):
            samples = manner.apply(said.samples, how) if how != Manner() else said.samples
            if timed and said.tokens:
                frames = timing.phone_frames(job.networks, said.utterance, said.tokens)
                seconds = timing.seconds_of(samples)
                words += timing.words_of(said.utterance, frames, at / SAMPLE_RATE, seconds, self._phone_count)
            silence = _silence(said.utterance, options, last=index + 1 == len(spoken))
            parts += [samples, silence]
            at += len(samples) + len(silence)
        doubtful = tuple(said.utterance.piece.text for said in spoken if said.doubt > 0)
        return Rendering(Audio.mono(np.concatenate(parts), SAMPLE_RATE), tuple(words), doubtful)

    def _phone_count(self, word: str) -> int:
        return sum(len(stretch.ids) for piece in self._front(word, "en") for stretch in piece.stretches)

    def _chunks(self, job: _Job, options: Options) -> Iterator[Audio]:
        for index, (utterance, how) in enumerate(zip(job.utterances, job.manners, strict=True)):
            whole: list[Floats] = []
            for samples in _streamed(job.networks, utterance, options):
                if how == Manner():
                    yield Audio.mono(samples, SAMPLE_RATE)
                else:
                    whole.append(samples)
            if whole:
                yield Audio.mono(manner.apply(np.concatenate(whole), how), SAMPLE_RATE)
            silence = _silence(utterance, options, last=index + 1 == len(job.utterances))
            if len(silence):
                yield Audio.mono(silence, SAMPLE_RATE)


def _streamed(networks: Networks, utterance: Utterance, options: Options) -> Iterator[Floats]:
    phones = torch.tensor([utterance.ids], device=networks.device)
    style = style_of(networks, [utterance.reference])
    noise = noise_of(networks, utterance) if options.noise_scale else None
    streamer = Streamer(
        networks.sovits,
        style,
        phones,
        noise,
        options.noise_scale,
        speed=utterance.speed,
        hold=options.held,
    )
    waiting: list[int] = []
    wanted, following = options.first_chunk, options.second_chunk
    for token in generate(networks.t2s, request_of(networks, utterance, options)):
        waiting.append(token)
        if len(waiting) >= wanted:
            yield from _floats(streamer.push(waiting))
            waiting, wanted, following = [], following, options.chunk
    yield from _floats(streamer.push(waiting, last=True))


def _floats(pieces: Iterator[torch.Tensor]) -> Iterator[Floats]:
    return (samples.float().cpu().numpy() for samples in pieces if len(samples))


def _silence(utterance: Utterance, options: Options, *, last: bool) -> Floats:
    asked = utterance.piece.pause
    seconds = asked if asked is not None else (0.0 if last else options.pause)
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def _check(item: RenderItem) -> None:
    if len(item.text) > MAX_CHARACTERS:
        raise EngineError("text_too_long", f"{len(item.text)} characters; at most {MAX_CHARACTERS} are spoken.")
    if not SPEED_LIMITS[0] <= item.speed <= SPEED_LIMITS[1]:
        raise EngineError("bad_speed", "Speed lies between {} and {}.".format(*SPEED_LIMITS))
    if not PITCH_LIMITS[0] <= item.pitch <= PITCH_LIMITS[1]:
        raise EngineError("bad_pitch", "Pitch lies between {:.0f} and {:.0f} semitones.".format(*PITCH_LIMITS))
