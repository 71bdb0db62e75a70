"""Speech for these tests: the committed clips, cut and resampled."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from audiokit import Audio, resample
from safeguards.watermark import WatermarkKey
from tests.speech_data import clips, load

KEY = WatermarkKey.from_bytes(bytes(range(32)))
OTHER_KEY = WatermarkKey.from_bytes(bytes(range(1, 33)))
PAYLOAD = 0xC0FFEE42


@lru_cache(maxsize=32)
def speech(seconds: float, *, which: int = 0, rate: int = 16_000, channels: int = 1) -> Audio:
    """The ``which``-th speaker's speech, mono or as a stereo pair of unequal gains, cut to ``seconds``."""
    chosen = [clip for clip in clips() if clip.speaker.startswith("ls")]
    speakers = list(dict.fromkeys(clip.speaker for clip in chosen))
    mine = [clip for clip in chosen if clip.speaker == speakers[which % len(speakers)]]
    joined = np.concatenate([resample(load(clip), rate).samples[0] for clip in mine])
    joined = np.tile(joined, int(np.ceil(seconds * rate / len(joined))))[: round(seconds * rate)]
    gains = np.array([[1.0], [0.6]], dtype=np.float32)[:channels]
    return Audio((gains * joined).astype(np.float32), rate)
