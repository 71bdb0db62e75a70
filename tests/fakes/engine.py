"""An engine that speaks in buzzes: a counterpart of the real one, with its interface, in milliseconds.

Its sound has what a mark needs of speech: harmonics of a moving pitch, syllables, and noise between them. Attacks and
accidents are written as edits of the instance: ``refuses``, ``breaks``, ``on_render``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from audiokit import Audio
from synthesis.engine.protocol import Cancelled, EngineError, RenderItem, VoiceModel

RATE = 16_000
SECONDS_PER_CHARACTER = 0.07
LEAST_SECONDS = 2.5


class SineEngine:
    """``Engine`` without a model: a voice is a pitch."""

    name = "sine"
    version = "1"

    def __init__(self) -> None:
        self.batches: list[int] = []  # how many items each call of render_batch held
        self.refuses: Callable[[RenderItem], EngineError | None] = lambda item: None
        self.on_render: Callable[[], None] = lambda: None
        self.on_step: Callable[[], None] = lambda: None

    def prepare_voice(
        self,
        recordings: Sequence[tuple[Audio, str]],
        *,
        progress: Callable[[float, str], None],
        should_stop: Callable[[], bool],
        seed: int = 0,
        styles: Sequence[str | None] | None = None,
    ) -> VoiceModel:
        """The pitch of a voice, from the mean level of its recordings; three steps."""
        del styles
        if not recordings:
            raise EngineError("too_little_speech", "There are no recordings.")
        for step in range(3):
            self.on_step()
            if should_stop():
                raise Cancelled
            progress(step / 3, f"step {step + 1} of 3")
        level = float(np.mean([np.abs(audio.to_mono()).mean() for audio, _ in recordings]))
        return sine_voice(110.0 + 200.0 * level, texts=len(recordings))

    def render_batch(self, items: Sequence[RenderItem]) -> list[Audio]:
        """One buzz per item."""
        self.batches.append(len(items))
        self.on_render()
        for item in items:
            if error := self.refuses(item):
                raise error
        return [self._speak(item) for item in items]

    def stream(self, item: RenderItem) -> Iterator[Audio]:
        """The same sound as ``render_batch`` gives, in pieces of a second."""
        self.on_render()
        if error := self.refuses(item):
            raise error
        whole = self._speak(item).to_mono()
        for start in range(0, len(whole), RATE):
            self.on_step()
            yield Audio.mono(whole[start : start + RATE], RATE)

    def _speak(self, item: RenderItem) -> Audio:
        pitch = float(item.voice.arrays["pitch"][0]) * 2 ** (item.pitch / 12)
        seconds = max(LEAST_SECONDS, len(item.text) * SECONDS_PER_CHARACTER / item.speed)
        digest = hashlib.sha256(f"{item.text}/{item.seed}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        time = np.arange(round(seconds * RATE)) / RATE
        f0 = pitch * (1 + 0.1 * np.sin(2 * np.pi * 0.7 * time + rng.uniform(0, 6)))
        phase = 2 * np.pi * np.cumsum(f0) / RATE
        weights = rng.uniform(0.3, 1.0, 20) / np.arange(1, 21) ** 0.7
        buzz = sum(weight * np.sin(k * phase) for k, weight in enumerate(weights, start=1))
        syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 4.0 * time + rng.uniform(0, 6))
        sound = buzz * syllables + 0.3 * rng.standard_normal(len(time)) * (1.2 - syllables)
        return Audio.mono(0.3 * sound / np.abs(sound).max(), RATE)


def sine_voice(pitch: float = 120.0, *, texts: int = 0) -> VoiceModel:
    """The voice model of one pitch, in hertz."""
    return VoiceModel("sine", {"pitch": np.array([pitch], dtype=np.float32)}, {"texts": str(texts)})
