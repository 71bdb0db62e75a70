"""From a person's recordings to a voice: which reference the models continue, and the mean style of the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from audiokit import Audio
from synthesis.engine.errors import Cancelled, EngineError
from synthesis.engine.gpt_sovits import recordings
from synthesis.engine.gpt_sovits.pipeline.front import Front, Stretch
from synthesis.engine.gpt_sovits.pipeline.networks import Networks
from synthesis.engine.gpt_sovits.pipeline.voice import NEUTRAL, Reference, Voice
from synthesis.engine.gpt_sovits.recordings import Quality

SHORTEST_S: Final = 3.0
LONGEST_S: Final = 10.0
_BEST_S: Final = 6.0
_STYLE_TAKES: Final = 8
_SHORTEST_STYLE_S: Final = 1.0
_GAP_S: Final = 0.3


@dataclass(frozen=True)
class Take:
    """One recording, what is said in it, and how it was found to be."""

    audio: Audio
    text: str
    quality: Quality

    @property
    def merit(self) -> float:
        """Higher is a better reference: clean, whole, neither short nor long."""
        length = abs(np.log(max(self.audio.seconds, 0.1) / _BEST_S))
        dense = self.quality.spoken_seconds / max(self.audio.seconds, 0.1)
        return float(min(self.quality.snr_db, 40.0) / 10.0 + 2.0 * dense - 2.0 * length - 100.0 * self.quality.clipped)

    @property
    def fits(self) -> bool:
        """Whether the models can continue it: 3 to 10 s, and its words are known."""
        return bool(self.text.strip()) and SHORTEST_S <= self.audio.seconds <= LONGEST_S


def usable(items: Sequence[tuple[Audio, str]]) -> list[Take]:
    """Recordings that are good enough, silence at their ends removed.

    Raises:
        EngineError: ``too_little_speech``, ``recordings_noisy`` or ``recordings_clipped``, when none is.
    """
    takes, problems = [], []
    for audio, text in items:
        quality = recordings.measure(audio)
        if quality.problem is None:
            takes.append(Take(recordings.trimmed(audio, quality), text, quality))
        else:
            problems.append(quality.problem)
    if takes:
        return takes
    if "noisy" in problems:
        raise EngineError(
            "recordings_noisy", "Every recording has too much noise behind the voice; record in a quiet room."
        )
    if "clipped" in problems:
        raise EngineError(
            "recordings_clipped", "The recordings are cut off at their peaks; lower the level of the microphone."
        )
    raise EngineError("too_little_speech", "No recording holds speech.")


def choose(takes: Sequence[Take]) -> Take | None:
    """The best reference; short takes are put together when none is long enough. None when there is none."""
    fitting = [take for take in takes if take.fits]
    if fitting:
        return max(fitting, key=lambda take: take.merit)
    short = sorted(
        (take for take in takes if take.text.strip() and take.audio.seconds < SHORTEST_S), key=lambda take: -take.merit
    )
    for count in range(2, len(short) + 1):
        sound = recordings.joined([take.audio for take in short[:count]], _GAP_S)
        if SHORTEST_S <= sound.seconds <= LONGEST_S:
            text = " ".join(_ended(take.text) for take in short[:count])
            return Take(sound, text, recordings.measure(sound))
    return None


def prepare(
    networks: Networks,
    front: Front,
    items: Sequence[tuple[Audio, str]],
    moods: Sequence[str | None],
    language: str,
    *,
    progress: Callable[[float, str], None],
    should_stop: Callable[[], bool],
) -> Voice:
    """Learn a voice without training.

    Args:
        networks: see ``Networks``.
        front: text to phones.
        items: recordings and what is said in each; those without text lend their style alone.
        moods: of each recording; None is neutral.
        language: tag of the texts.
        progress: as in ``Engine.prepare_voice``, as is ``should_stop``.

    Raises:
        EngineError: when the recordings will not do.
        Cancelled: when ``should_stop`` answered true.
    """
    by_mood: dict[str, list[tuple[Audio, str]]] = defaultdict(list)
    for item, mood in zip(items, moods, strict=True):
        by_mood[mood or NEUTRAL].append(item)
    if not by_mood:
        raise EngineError("too_little_speech", "There are no recordings.")
    references = {}
    for index, (mood, members) in enumerate(sorted(by_mood.items())):
        if should_stop():
            raise Cancelled
        progress(index / len(by_mood), "Listening to the recordings")
        references[mood] = _reference(networks, front, usable(members), language, should_stop)
    # Somebody who only ever recorded one mood is neutral in it.
    references.setdefault(NEUTRAL, next(iter(references.values())))
    progress(1.0, "Ready")
    t2s, sovits = networks.digests
    return Voice(references, t2s, sovits)


def _reference(
    networks: Networks, front: Front, takes: Sequence[Take], language: str, should_stop: Callable[[], bool]
) -> Reference:
    best = choose(takes)
    styles = []
    lending = [take for take in takes if take.audio.seconds >= _SHORTEST_STYLE_S] or ([best] if best else [])
    for take in sorted(lending, key=lambda take: -take.merit)[:_STYLE_TAKES]:
        if should_stop():
            raise Cancelled
        styles.append(networks.style(take.audio))
    if not styles:
        raise EngineError("too_little_speech", "The recordings are too short; read at least one whole sentence.")
    style = np.asarray(np.mean(styles, axis=0), np.float32)
    if best is None:
        nothing = np.zeros(0, np.int32)
        return Reference(nothing, nothing, None, style)
    codes = networks.tokens(best.audio).cpu().numpy().astype(np.int32)
    stretches: list[Stretch] = [each for piece in front(_ended(best.text), language) for each in piece.stretches]
    phones = np.array([number for stretch in stretches for number in stretch.ids], np.int32)
    if not len(phones):
        raise EngineError("transcript_unreadable", "Nothing in the transcript of the reference can be read aloud.")
    bert = networks.bert_features(stretches)
    kept = bert.numpy().astype(np.float16) if bool(bert.any()) else None
    return Reference(codes, phones, kept, style)


def _ended(text: str) -> str:
    """With a mark at the end, as the models expect of a reference."""
    text = text.strip()
    if text[-1:] in "，。？！,.?!~:：—…;；":
        return text
    return text + ("。" if any("\u3040" <= sign <= "\u9fff" for sign in text) else ".")
