"""The similarity that the targets are stated in: GE2E embeddings with the front end of their training, nothing else.

The platform's own speaker check changes that front end for its purposes (noise, telephone band), and so moves every cosine. A
benchmark must stand still, so it has its own reading of the same weights (Wan et al. 2018, "Generalized end-to-end loss for
speaker verification"): the file in the ``resemblyzer`` package, whose code is never imported.
"""

from __future__ import annotations

import hashlib
import importlib.util
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from audiokit import Audio
from audiokit.features import mel_filters, stft
from safeguards.speaker.encoder import speech_only

Floats = NDArray[np.float32]

_SHA256 = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"
_RATE, _FFT, _HOP, _BANDS, _SIZE = 16_000, 400, 160, 40, 256
_WINDOW, _STEP = 160, 77  # frames of 10 ms
_LEAST_COVERAGE = 0.75
_LEVEL_DB = -30.0  # quiet speech is raised to this, loud speech left alone


def unit(vector: Floats) -> Floats:
    """The vector at length one."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32)


def embed(audio: Audio) -> Floats:
    """Mean over windows of 1.6 s of who speaks, unit length, ``[256]``; pauses are left out."""
    speech = speech_only(audio)
    level = 10.0 * np.log10(max(float(np.mean(speech.astype(np.float64) ** 2)), 1e-12))
    raised = np.asarray(speech * 10.0 ** (max(_LEVEL_DB - level, 0.0) / 20.0), dtype=np.float32)
    bank = mel_filters(_RATE, _FFT, _BANDS, scale="slaney", unit_area=True)
    mel = (np.abs(stft(raised, _FFT, _HOP)) ** 2 @ bank.T).astype(np.float32)
    starts = list(range(0, max(1, len(mel) - _WINDOW + _STEP + 1), _STEP))
    if len(starts) > 1 and (len(mel) - starts[-1]) / _WINDOW < _LEAST_COVERAGE:
        starts.pop()
    padded = np.pad(mel, ((0, max(0, starts[-1] + _WINDOW - len(mel))), (0, 0)))
    batch = np.stack([padded[start : start + _WINDOW] for start in starts])
    with torch.inference_mode():
        return unit(_encoder()(torch.from_numpy(batch)).numpy().mean(axis=0))


class _Encoder(torch.nn.Module):
    """Last hidden state of the top layer, projected, rectified, at unit length: [B, T, 40] to [B, 256]."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(_BANDS, _SIZE, num_layers=3, batch_first=True)
        self.linear = torch.nn.Linear(_SIZE, _SIZE)

    def forward(self, mels: torch.Tensor) -> torch.Tensor:
        _, (hidden, _) = self.lstm(mels)
        return torch.nn.functional.normalize(torch.relu(self.linear(hidden[-1])), dim=1)


@lru_cache(maxsize=1)
def _encoder() -> _Encoder:
    spec = importlib.util.find_spec("resemblyzer")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package resemblyzer, whose weights are read, is not installed")
    path = Path(spec.origin).parent / "pretrained.pt"
    if hashlib.sha256(path.read_bytes()).hexdigest() != _SHA256:
        raise ValueError(f"{path} is not the pinned file")
    state = torch.load(path, map_location="cpu", weights_only=True)["model_state"]
    encoder = _Encoder()
    encoder.load_state_dict({name: value for name, value in state.items() if not name.startswith("similarity_")})
    return encoder.eval()
