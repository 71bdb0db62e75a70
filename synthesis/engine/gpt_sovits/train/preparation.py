"""An owner's recordings as training data: cut, levelled, checked, with the features both stages learn from.

The text of each recording is known, so nothing is recognised: long recordings are cut in pauses, and forced alignment says
which words lie on each side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from audiokit import Audio
from synthesis.engine.errors import Cancelled, EngineError
from synthesis.engine.gpt_sovits import recordings
from synthesis.engine.gpt_sovits.features import spectra
from synthesis.engine.gpt_sovits.features.hubert import SAMPLE_RATE as HUBERT_RATE
from synthesis.engine.gpt_sovits.pipeline.front import Front
from synthesis.engine.gpt_sovits.pipeline.networks import Networks
from synthesis.engine.gpt_sovits.sovits.config import HOP, SAMPLE_RATE
from synthesis.engine.gpt_sovits.speaker.model import speaker_map
from synthesis.engine.protocol import Align

SHORTEST_S: Final = 0.64  # a training segment
LONGEST_S: Final = 54.0
CUT_ABOVE_S: Final = 15.0
_PHONES_PER_SECOND: Final = (3.0, 25.0)
_LEVEL: Final = 0.95
_BLEND: Final = 0.5  # of the levelled wave with the wave as it was, as upstream does
_PAUSE_S: Final = 0.25


@dataclass(frozen=True, eq=False)
class Clip:
    """One training example.

    Attributes:
        wave: samples ``[640 T]`` at 32 kHz.
        spectrum: linear magnitudes ``[1025, T]``.
        ssl: HuBERT features ``[ssl, T]``.
        tokens: semantic tokens ``[T // 2]``.
        phones: symbol ids ``[S]``; ``bert`` their features ``[bert, S]``.
        speaker: map of the speaker model ``[sv]`` for Pro models, else None.
        text: what is said.
    """

    wave: Tensor
    spectrum: Tensor
    ssl: Tensor
    tokens: Tensor
    phones: Tensor
    bert: Tensor
    speaker: Tensor | None
    text: str

    @property
    def frames(self) -> int:
        """Frames of 20 ms."""
        return int(self.spectrum.shape[1])


@dataclass(frozen=True, slots=True)
class Skipped:
    """A recording, or a part of one, that is not learned from: which, and why (a code)."""

    recording: int
    reason: str


def prepare(
    networks: Networks,
    front: Front,
    items: Sequence[tuple[Audio, str]],
    *,
    language: str = "auto",
    align: Align | None = None,
    progress: Callable[[float, str], None],
    should_stop: Callable[[], bool],
) -> tuple[list[Clip], list[Skipped]]:
    """Make clips.

    Args:
        networks: of the base models.
        front: text to phones.
        items: recordings and their texts.
        language: tag of the texts.
        align: for cutting long recordings; None takes recordings of up to 54 s whole.
        progress: as in ``Engine.prepare_voice``, as is ``should_stop``.

    Raises:
        EngineError: ``too_little_speech`` when nothing is left.
        Cancelled: when ``should_stop`` answered true.
    """
    clips: list[Clip] = []
    skipped: list[Skipped] = []
    for number, (audio, text) in enumerate(items):
        if should_stop():
            raise Cancelled
        progress(number / max(len(items), 1), "Listening to the recordings")
        quality = recordings.measure(audio)
        if quality.problem is not None:
            skipped.append(Skipped(number, quality.problem))
            continue
        for part, words in slices(recordings.trimmed(audio, quality), text, align):
            made = _clip(networks, front, part, words, language)
            if isinstance(made, Clip):
                clips.append(made)
            else:
                skipped.append(Skipped(number, made))
    if not clips:
        reasons = ", ".join(sorted({item.reason for item in skipped})) or "none were sent"
        raise EngineError("too_little_speech", f"No recording can be learned from ({reasons}).")
    return clips, skipped


def slices(audio: Audio, text: str, align: Align | None) -> list[tuple[Audio, str]]:
    """A recording cut in pauses into parts of at most 15 s where possible, each with its words."""
    if audio.seconds <= CUT_ABOVE_S or align is None:
        return [(audio, text)]
    words = align(audio, text)
    if not words:
        return [(audio, text)]
    parts: list[tuple[Audio, str]] = []
    first, start = 0, 0.0
    gaps = [(index + 1, left[2], right[1]) for index, (left, right) in enumerate(pairwise(words))]
    while audio.seconds - start > CUT_ABOVE_S:
        open_gaps = [gap for gap in gaps if gap[0] > first and gap[2] - gap[1] >= _PAUSE_S]
        within = [gap for gap in open_gaps if (gap[1] + gap[2]) / 2 - start <= CUT_ABOVE_S]
        chosen = within[-1] if within else next(iter(open_gaps), None)
        if chosen is None:
            break
        index, end = chosen[0], (chosen[1] + chosen[2]) / 2
        parts.append((recordings.cut(audio, start, end), " ".join(word for word, _, _ in words[first:index])))
        first, start = index, end
    parts.append((recordings.cut(audio, start, audio.seconds), " ".join(word for word, _, _ in words[first:])))
    return parts


def levelled(samples: recordings.Floats) -> recordings.Floats:
    """Half way to a peak of 0.95."""
    peak = max(float(np.abs(samples).max(initial=0.0)), 1e-6)
    return (samples * (_BLEND * _LEVEL / peak + 1 - _BLEND)).astype(np.float32)


@torch.inference_mode()
def _clip(networks: Networks, front: Front, audio: Audio, text: str, language: str) -> Clip | str:
    """A clip, or why there is none."""
    if not SHORTEST_S <= audio.seconds <= LONGEST_S:
        return "too_short" if audio.seconds < SHORTEST_S else "too_long"
    stretches = [stretch for piece in front(text, language) for stretch in piece.stretches]
    phones = torch.tensor([number for stretch in stretches for number in stretch.ids])
    rate = len(phones) / audio.seconds
    if not _PHONES_PER_SECOND[0] <= rate <= _PHONES_PER_SECOND[1]:
        return "text_does_not_fit"
    audio = Audio.mono(levelled(audio.to_mono()), audio.sample_rate)
    wave = torch.from_numpy(recordings.samples_at(audio, SAMPLE_RATE).copy())
    frames = len(wave) // HOP // 2 * 2
    wave = wave[: frames * HOP]
    low = recordings.samples_at(audio, HUBERT_RATE)
    features = networks.hubert.features(low)[0].cpu()
    # HuBERT drops a frame or two at the end; the last one stands in for them.
    features = F.pad(features[:, :frames], (0, max(0, frames - features.shape[1])), mode="replicate")
    mapped = None
    if networks.speaker is not None:
        mapped = speaker_map(networks.speaker, low)[0].cpu()
    tokens = networks.sovits.tokens(features[None].to(networks.device, networks.dtype))[0].cpu()
    bert = networks.bert_features(stretches)
    return Clip(wave, spectra.linear(wave[None])[0], features, tokens, phones, bert, mapped, text)
