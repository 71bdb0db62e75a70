"""From an owner's readings to a voice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio, resample
from synthesis.engine.errors import Cancelled, EngineError
from synthesis.engine.parametric import adaptation, contour, emotion, memory, offsets, spectrum, world
from synthesis.engine.parametric import reading as readings_
from synthesis.engine.parametric import style as styles
from synthesis.engine.parametric import track as tracks
from synthesis.engine.parametric.alignment import Aligner, Alignment
from synthesis.engine.parametric.base import BaseModel
from synthesis.engine.parametric.batches import speaker_statistics
from synthesis.engine.parametric.reading import Reading
from synthesis.engine.parametric.renderer import Renderer, clauses, sentences
from synthesis.engine.parametric.text.phrases import parse
from synthesis.engine.parametric.voice import ParametricVoice

Floats = NDArray[np.float32]
_Take = TypeVar("_Take", bound=tuple[Any, ...])

MIN_SPEECH_SECONDS: Final = 8.0
MAX_TAKES: Final = 200
MAX_SECONDS: Final = 900.0
CLOSENESS: Final = 0.75
_ALIGNED_SHARE: Final = 0.6
_HELD_BACK_FROM: Final = 6  # readings
_SPREAD_STRENGTH: Final = 1.1
_SPREAD_LIMITS: Final = (0.7, 1.8)

# Heard by nobody: rendered once at the end of an enrolment to measure how the new voice's variance falls short.
_PROBES: Final = (
    "The morning train was late again, so we walked along the river instead.",
    "Please put the large blue box beside the kitchen door, and close the window.",
    "I have never seen a garden with so many yellow flowers.",
    "Could you tell me whether the shop on the corner opens before nine?",
)


def samples_of(audio: Audio) -> Floats:
    """16 kHz mono, ``[time]``."""
    resampled = audio if audio.sample_rate == world.SAMPLE_RATE else resample(audio, world.SAMPLE_RATE)
    return resampled.to_mono()


def enrol(
    base: BaseModel,
    aligner: Aligner,
    recordings: Sequence[tuple[Audio, str]],
    *,
    progress: Callable[[float, str], None],
    should_stop: Callable[[], bool],
    seed: int,
    tuning: adaptation.Tuning | None = None,
    closeness: float = CLOSENESS,
) -> ParametricVoice:
    """Learn a voice; see ``synthesis.engine.protocol.Engine.prepare_voice``.

    Raises:
        EngineError: ``too_little_speech``, ``too_much_speech`` or ``not_aligned``.
        Cancelled: when ``should_stop`` answers true.
    """
    measured = _measure(base, aligner, recordings, progress, should_stop)
    held_back = measured[:1] if len(measured) >= _HELD_BACK_FROM else []
    adapter = adaptation.tune(
        base,
        measured[len(held_back) :],
        held_back,
        tuning or adaptation.Tuning(),
        seed=seed,
        progress=lambda share: progress(0.5 + 0.45 * share, "Learning the voice"),
        should_stop=should_stop,
    )
    voice = assemble(base, measured, adapter, closeness)
    progress(1.0, "Ready")
    return voice


def _measure(
    base: BaseModel,
    aligner: Aligner,
    recordings: Sequence[tuple[Audio, str]],
    progress: Callable[[float, str], None],
    should_stop: Callable[[], bool],
) -> list[Reading]:
    total = sum(audio.seconds for audio, _ in recordings)
    if len(recordings) > MAX_TAKES or total > MAX_SECONDS:
        raise EngineError("too_much_speech", f"At most {MAX_TAKES} takes and {MAX_SECONDS / 60:.0f} minutes are used.")
    # All are aligned before one is analysed: a worker does not hold the aligner's decoders and WORLD's spectra at once.
    found: list[tuple[Audio, Alignment, list[str]]] = []
    for audio, transcript in _listened(recordings, total, (0.0, 0.25), progress, should_stop):
        aligned = readings_.align(samples_of(audio), transcript, aligner) if audio.seconds >= 0.5 else None
        if aligned is not None:
            found.append((audio, *aligned))
    aligner.release()
    memory.give_back()
    measured: list[Reading] = []
    for audio, alignment, marks in _listened(found, total, (0.25, 0.5), progress, should_stop):
        features = world.analyse(world.level(samples_of(audio)))
        measured.append(readings_.assemble(alignment, marks, features, base.lexicon))
    memory.give_back()
    speech = sum(int(reading.speech.sum()) for reading in measured) / readings_.FRAMES_PER_SECOND
    if recordings and len(measured) < _ALIGNED_SHARE * len(recordings):
        raise EngineError(
            "not_aligned", f"Only {len(measured)} of {len(recordings)} takes contain the text that was to be read."
        )
    if speech < MIN_SPEECH_SECONDS:
        raise EngineError(
            "too_little_speech", f"{speech:.0f} s of speech were found; at least {MIN_SPEECH_SECONDS:.0f} s are needed."
        )
    return measured


def _listened(
    takes: Sequence[_Take],
    total: float,
    share: tuple[float, float],
    progress: Callable[[float, str], None],
    should_stop: Callable[[], bool],
) -> Iterator[_Take]:
    """Takes in their order, while progress goes through ``share``."""
    done = 0.0
    for take in takes:
        if should_stop():
            raise Cancelled
        progress(share[0] + (share[1] - share[0]) * done / max(total, 1e-9), "Listening")
        yield take
        done += take[0].seconds


def assemble(
    base: BaseModel,
    measured: Sequence[Reading],
    adapter: dict[str, NDArray[np.generic]],
    closeness: float,
) -> ParametricVoice:
    """Everything about a voice that is counted, not trained, around its adapter."""
    speaker = speaker_statistics(measured)
    plain = [spectrum.predict(base.acoustic, base, take.track, take.frames, take.log_f0, speaker) for take in measured]
    speech = np.concatenate([take.speech for take in measured])
    cepstrum = np.concatenate([take.cepstrum for take in measured])
    voiced = np.concatenate([take.voiced for take in measured]) & speech
    breath = np.concatenate(
        [take.aperiodicity - spectra.aperiodicity for take, spectra in zip(measured, plain, strict=True)]
    )
    draft = ParametricVoice(
        speaker=speaker,
        style=styles.measure(measured, base.usual_log_durations),
        centre=np.zeros(cepstrum.shape[1], dtype=np.float32),
        spread=np.ones(cepstrum.shape[1], dtype=np.float32),
        offsets=offsets.fit(measured, plain),
        loudest=float(np.percentile(cepstrum[:, 0], 99.5)),
        breath=float(np.clip(np.median(breath[voiced]) if voiced.any() else 0.0, -6.0, 6.0)),
        closeness=closeness,
        base=base.version,
        adapter=adapter,
        facts={"speech_seconds": f"{speech.sum() / readings_.FRAMES_PER_SECOND:.1f}", "kind": "owner"},
    )
    variance = np.mean([take.cepstrum[take.speech].var(0) for take in measured if take.speech.sum() > 50], axis=0)
    return with_variance(base, draft, variance)


def with_variance(base: BaseModel, draft: ParametricVoice, variance: Floats) -> ParametricVoice:
    """``draft`` with the factor that brings its variance to ``variance`` ``[40]`` (Toda & Tokuda 2007, global variance)."""
    renderer = Renderer(base, draft)
    made = []
    for number, text in enumerate(_PROBES):
        for sentence in sentences(parse(text, base.lexicon)):
            track = tracks.build(sentence)
            mood = emotion.mood(None)
            drawn = contour.draw(base, track, draft.style, mood, speed=1.0, semitones=0.0, seed=number)
            for clause in clauses(track, drawn):
                silent = np.repeat(clause.track.silent, clause.frames)
                made.append(renderer.spectra(clause).cepstrum[~silent])
    frames = np.concatenate(made)
    spread = spread_of(variance, frames.var(0))
    values = {name: getattr(draft, name) for name in draft.__dataclass_fields__}
    return ParametricVoice(**{**values, "centre": frames.mean(0), "spread": spread})


def spread_of(wanted: Floats, made: Floats) -> Floats:
    """Factor on the distance from the mean that brings the variance ``made`` ``[40]`` near ``wanted``, c0 half as near."""
    factor = np.clip(np.sqrt(wanted / (made + 1e-9)), *_SPREAD_LIMITS)
    spread = 1.0 + _SPREAD_STRENGTH * (factor - 1.0)
    spread[0] = 1.0 + 0.5 * (spread[0] - 1.0)
    return np.asarray(spread, dtype=np.float32)
