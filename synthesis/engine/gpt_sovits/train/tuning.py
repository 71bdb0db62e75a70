"""Both stages fine-tuned on one owner's readings, one after the other, and what came of it as a voice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from audiokit import Audio
from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.denoising import denoised
from synthesis.engine.gpt_sovits.pipeline import difference
from synthesis.engine.gpt_sovits.pipeline import preparation as references
from synthesis.engine.gpt_sovits.pipeline.front import Front
from synthesis.engine.gpt_sovits.pipeline.networks import Networks
from synthesis.engine.gpt_sovits.pipeline.own import SOVITS, T2S, WEIGHTS, Base, opened
from synthesis.engine.gpt_sovits.pipeline.voice import Voice
from synthesis.engine.gpt_sovits.sovits.config import HOP, SAMPLE_RATE
from synthesis.engine.gpt_sovits.train import loop, s1, s1_training, s2, s2_training
from synthesis.engine.gpt_sovits.train.preparation import Clip, prepare
from synthesis.engine.gpt_sovits.weights import Weights
from synthesis.engine.protocol import Align, Scratch
from synthesis.engine.voice_model import VoiceModel

LEAST_SECONDS: Final = 60.0
_HEARD, _SECOND, _FIRST = (
    0.05,
    0.6,
    0.95,
)  # shares of the whole at which hearing, the second stage and the token model end
_POSTERIOR: Final = "enc_q."


@dataclass(frozen=True)
class Plan:
    """How to train.

    Attributes:
        t2s: of the token model; ``sovits`` of the second stage.
        least_seconds: with less speech nothing is trained, and the readings serve as references.
        denoise: take steady noise out of the readings first, see ``denoising``.
    """

    t2s: s1_training.Settings
    sovits: s2_training.Settings
    least_seconds: float = LEAST_SECONDS
    denoise: bool = False

    @classmethod
    def usual(cls, *, seed: int = 0, preference: bool = False, denoise: bool = False) -> Plan:
        """The stages' own defaults."""
        token_model = s1_training.Settings(seed=seed, preference=preference)
        return cls(token_model, s2_training.Settings(seed=seed), denoise=denoise)

    def going_on(self) -> Plan:
        """For weights that know the voice already: half the passes."""
        return replace(
            self,
            t2s=replace(self.t2s, epochs=max(1, self.t2s.epochs // 2)),
            sovits=replace(self.sovits, epochs=max(1, self.sovits.epochs // 2)),
        )


def fine_tune(
    base: Base,
    networks: Networks,
    front: Front,
    items: Sequence[tuple[Audio, str]],
    *,
    styles: Sequence[str | None] | None = None,
    plan: Plan,
    scratch: Scratch,
    previous: VoiceModel | None,
    align: Align | None,
    language: str,
    progress: Callable[[float, str], None],
    should_stop: Callable[[], bool],
) -> VoiceModel:
    """A voice with weights of its own; see ``FineTuningEngine.fine_tune``.

    The second stage comes first, since it takes longest; it is left as it is where the installed file lacks the posterior
    encoder. Only one of the two is in memory for training at any time.

    Raises:
        EngineError: as ``Engine.prepare_voice``; ``training_diverged``.
        Cancelled: see there.
    """

    def part(start: float, end: float) -> Callable[[float, str], None]:
        return lambda share, note: progress(start + (end - start) * share, note)

    kinds = [None] * len(items) if styles is None else list(styles)
    if plan.denoise:
        items = [(denoised(audio), text) for audio, text in items]
    clips, _ = prepare(
        networks, front, items, language=language, align=align, progress=part(0.0, _HEARD), should_stop=should_stop
    )
    seconds = sum(clip.frames for clip in clips) * HOP / SAMPLE_RATE
    if seconds < plan.least_seconds:
        progress(_FIRST, f"Too little speech to fine-tune on ({seconds:.0f} s); the readings serve as references")
        return _voice(networks, front, items, kinds, language, {}, part(_FIRST, 1.0), should_stop).pack()
    bases = base.read()
    start = _start(bases, previous)
    if start is not bases:
        plan = plan.going_on()
    tuned = _stages(base, start, clips, plan, scratch, part, networks, should_stop)
    data = difference.encode(bases, {role: weights for role, (weights, _) in tuned.items()})
    own = base.networks(networks, difference.apply(bases, data), set(tuned))
    facts = {WEIGHTS: hashlib.sha256(data).hexdigest(), "trained_seconds": f"{seconds:.0f}"}
    facts |= {f"{role}_steps": str(outcome.steps) for role, (_, outcome) in tuned.items()}
    if start is not bases and previous is not None:
        facts["previous"] = previous.digest
    voice = _voice(own, front, items, kinds, language, facts, part(_FIRST, 1.0), should_stop)
    for stage in (s2.STAGE, s1.STAGE):
        loop.forget(scratch, stage)
    return replace(voice.pack(), weights=lambda: data)


def _stages(
    base: Base,
    start: Mapping[str, Weights],
    clips: Sequence[Clip],
    plan: Plan,
    scratch: Scratch,
    part: Callable[[float, float], Callable[[float, str], None]],
    networks: Networks,
    should_stop: Callable[[], bool],
) -> dict[str, tuple[Weights, loop.Outcome]]:
    tuned: dict[str, tuple[Weights, loop.Outcome]] = {}
    device = networks.device
    if any(name.startswith(_POSTERIOR) for name in start[SOVITS].tensors):
        outcome = s2.finetune(
            start[SOVITS],
            base.judge(),
            clips,
            plan.sovits,
            scratch,
            progress=part(_HEARD, _SECOND),
            should_stop=should_stop,
            device=device,
        )
        tuned[SOVITS] = (outcome.weights, outcome)
    outcome = s1.finetune(
        start[T2S],
        clips,
        plan.t2s,
        scratch,
        progress=part(_SECOND, _FIRST),
        should_stop=should_stop,
        device=device,
    )
    tuned[T2S] = (outcome.weights, outcome)
    return tuned


def _start(bases: Mapping[str, Weights], previous: VoiceModel | None) -> Mapping[str, Weights]:
    """The voice's weights so far, where it has some that were made from the installed ones; else those."""
    wanted = previous.facts.get(WEIGHTS) if previous is not None else None
    if previous is None or wanted is None:
        return bases
    try:
        return difference.apply(bases, opened(previous, wanted))
    except EngineError:
        return bases  # of another set: the voice is trained anew, on all its readings


def _voice(
    networks: Networks,
    front: Front,
    items: Sequence[tuple[Audio, str]],
    styles: Sequence[str | None],
    language: str,
    facts: Mapping[str, str],
    progress: Callable[[float, str], None],
    should_stop: Callable[[], bool],
) -> Voice:
    """References as the networks that will speak hear them."""
    voice = references.prepare(networks, front, items, styles, language, progress=progress, should_stop=should_stop)
    return replace(voice, facts={**voice.facts, **facts})
