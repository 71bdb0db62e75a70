"""The networks of one engine, side by side; read only, shared by all requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audiokit import Audio
from synthesis.engine.gpt_sovits import recordings
from synthesis.engine.gpt_sovits.features import spectra
from synthesis.engine.gpt_sovits.features.bert import Bert
from synthesis.engine.gpt_sovits.features.hubert import SAMPLE_RATE as HUBERT_RATE
from synthesis.engine.gpt_sovits.features.hubert import Hubert
from synthesis.engine.gpt_sovits.pipeline.front import Stretch
from synthesis.engine.gpt_sovits.sovits.config import SAMPLE_RATE
from synthesis.engine.gpt_sovits.sovits.model import SoVITS
from synthesis.engine.gpt_sovits.speaker.model import speaker_map
from synthesis.engine.gpt_sovits.speaker.network import SpeakerNet
from synthesis.engine.gpt_sovits.t2s.packed import PackedT2S

# Upstream appends 0.3 s counted at 32 kHz to a wave at 16 kHz, and so did whoever trained the models.
_TAIL: Final = 9_600


@dataclass(frozen=True, eq=False)
class Networks:
    """What was loaded.

    Attributes:
        t2s: the token model, packed for generating.
        sovits: the second stage.
        hubert: features of recordings.
        bert: features of Chinese text; None speaks it without.
        speaker: the speaker model; needed where ``sovits`` is Pro.
        digests: SHA-256 of the weights of ``t2s`` and ``sovits``.
    """

    t2s: PackedT2S
    sovits: SoVITS
    hubert: Hubert
    bert: Bert | None
    speaker: SpeakerNet | None
    digests: tuple[str, str]

    @property
    def device(self) -> torch.device:
        """Where the second stage is."""
        return self.sovits.enc_p.proj.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """Number format of the second stage."""
        return self.sovits.enc_p.proj.weight.dtype

    @torch.inference_mode()
    def tokens(self, audio: Audio, *, tail: bool = True) -> Tensor:
        """Semantic tokens ``[P]`` of a recording; ``tail`` adds the silence that references end with."""
        samples = recordings.samples_at(audio, HUBERT_RATE)
        if tail:
            samples = np.concatenate((samples, np.zeros(_TAIL, np.float32)))
        features = self.hubert.features(samples)
        return self.sovits.tokens(features.to(self.device, self.dtype))[0]

    @torch.inference_mode()
    def style(self, audio: Audio) -> NDArray[np.float32]:
        """Style vector ``[gin]`` of a recording of at least 25 ms."""
        samples = torch.from_numpy(recordings.samples_at(audio, SAMPLE_RATE).copy())
        spectrum = spectra.linear(samples[None]).to(self.device, self.dtype)
        mapped = None
        if self.sovits.config.pro:
            if self.speaker is None:
                raise ValueError("a Pro model needs the speaker model")
            mapped = speaker_map(self.speaker, recordings.samples_at(audio, HUBERT_RATE)).to(self.device, self.dtype)
        vector = self.sovits.reference(spectrum, torch.ones_like(spectrum[:, :1]), mapped)
        return np.asarray(vector[0, :, 0].float().cpu().numpy(), np.float32)

    def bert_features(self, stretches: list[Stretch] | tuple[Stretch, ...]) -> Tensor:
        """Features ``[bert, S]`` of the phones of several stretches; zeros where a language has none."""
        width = self.t2s.config.bert
        parts = []
        for stretch in stretches:
            known = self.bert is not None and stretch.language == "zh" and stretch.word2ph is not None and stretch.norm
            if known and self.bert is not None and stretch.word2ph is not None:
                parts.append(self.bert.features(stretch.norm, stretch.word2ph).cpu())
            else:
                parts.append(torch.zeros(width, len(stretch.ids)))
        return torch.cat(parts, 1) if parts else torch.zeros(width, 0)
