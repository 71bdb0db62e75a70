"""Speaker embeddings from the GE2E encoder whose weights the ``resemblyzer`` package carries.

Three LSTM layers over 40 mel bands, read 1.6 s at a time, averaged (Wan et al. 2018, "Generalized end-to-end loss for
speaker verification"). Only the weights file of that package is read, after its size and digest are checked; its code
is never imported. Front end as in training, but for one level of all recordings and some noise taken out: 25 ms windows
each 10 ms, Slaney mel power, long pauses removed.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio
from audiokit.features import Floats, mel_filters, stft
from audiokit.vad import speech_spans, working_signal
from safeguards.speaker.brought import model
from safeguards.speaker.channel import by_telephone, denoised
from safeguards.speaker.errors import EncoderError, NoSpeechError

if TYPE_CHECKING:
    import torch

Embedding = NDArray[np.float32]

DIMENSION = 256
SAMPLE_RATE = 16_000
_WEIGHTS_BYTES = 17_090_379
_WEIGHTS_SHA256 = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"
_FFT, _HOP, _BANDS = 400, 160, 40
_FRAMES_PER_SECOND = SAMPLE_RATE // _HOP
_PARTIAL_FRAMES = 160
_PARTIAL_STEP = 77  # frames between partial utterances: 1.3 of them per second
_LEAST_COVERAGE = 0.75
_LEVEL_DB = -23.0  # of every recording, louder or not: how near a microphone was says nothing about a voice
_LEAST_SECONDS = 0.4


def embed(audio: Audio) -> Embedding:
    """Embedding of who speaks in a recording, as a reference: float32 ``[256]`` of unit length.

    Args:
        audio: any rate and channel count.

    Raises:
        NoSpeechError: less than 0.4 s of speech.
        EncoderError: the weights are missing or not the pinned ones.
    """
    return reference(template(audio))


def template(audio: Audio) -> NDArray[np.float32]:
    """What is kept of a recording's speaker: embeddings of it as heard and as a telephone would carry it, ``[2, 256]`` of unit length.

    :func:`heard` of it is compared, as the recording in question, with :func:`reference` of another.

    Args:
        audio: any rate and channel count.

    Raises:
        NoSpeechError: less than 0.4 s of speech.
        EncoderError: the weights are missing or not the pinned ones.
    """
    return template_of([speech_only(audio)])


def template_of(pieces: Sequence[Floats]) -> NDArray[np.float32]:
    """As :func:`template`, of all speech known of a person: mono 16 kHz pieces without pauses, each ``[time]``."""
    wide = np.concatenate([embed_partials(piece) for piece in pieces])
    narrow = np.concatenate([embed_partials(by_telephone(piece, SAMPLE_RATE)) for piece in pieces])
    return np.stack([unit(wide.mean(axis=0)), unit(narrow.mean(axis=0))])


def reference(rows: NDArray[np.float32]) -> Embedding:
    """The vector ``[256]`` of a template ``[rows, 256]`` that stands for a known person: between the two channels, it fits tests over either."""
    return unit(rows.sum(axis=0))


def heard(rows: NDArray[np.float32]) -> Embedding:
    """The vector ``[256]`` of a template ``[rows, 256]`` that stands for a recording in question."""
    return unit(rows[0])


def embed_reference(pieces: Sequence[Floats]) -> Embedding:
    """One embedding for all speech known of a person, ``[256]``.

    Args:
        pieces: mono 16 kHz without pauses, each ``[time]``.
    """
    return reference(template_of(pieces))


def embed_test(speech: Floats) -> Embedding:
    """Embedding of a recording in question, as heard, ``[256]``; to be compared with a reference."""
    return unit(embed_partials(speech).mean(axis=0))


def speech_only(audio: Audio) -> Floats:
    """The spoken stretches of a recording in a row, mono 16 kHz ``[time]``.

    Raises:
        NoSpeechError: less than 0.4 s of speech.
    """
    signal = working_signal(audio)
    pieces = [
        signal[round(start * SAMPLE_RATE) : round(stop * SAMPLE_RATE)]
        for start, stop in speech_spans(Audio.mono(signal, SAMPLE_RATE))
    ]
    speech = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.float32)
    if len(speech) < _LEAST_SECONDS * SAMPLE_RATE:
        raise NoSpeechError("The recording holds no speech.")
    return speech


def embed_partials(
    speech: Floats, *, window_s: float | None = None, step_s: float | None = None
) -> NDArray[np.float32]:
    """Embeddings ``[partials, 256]`` of stretches, in order of time; or as a brought encoder gives them.

    Args:
        speech: mono 16 kHz ``[time]``, pauses already removed.
        window_s: length of a stretch, 1.6 s if None, as in the encoder's training.
        step_s: from one to the next, 0.77 s if None.
    """
    brought = model()
    if brought is not None:
        return brought.partials(speech, window_s=window_s, step_s=step_s)
    import torch

    window = _PARTIAL_FRAMES if window_s is None else round(window_s * _FRAMES_PER_SECOND)
    step = _PARTIAL_STEP if step_s is None else round(step_s * _FRAMES_PER_SECOND)
    mel = _mel_power(_levelled(denoised(speech)))
    starts = list(range(0, max(1, len(mel) - window + step + 1), step))
    if len(starts) > 1 and (len(mel) - starts[-1]) / window < _LEAST_COVERAGE:
        starts.pop()
    padded = np.pad(mel, ((0, max(0, starts[-1] + window - len(mel))), (0, 0)))
    batch = np.stack([padded[start : start + window] for start in starts])
    with torch.inference_mode():
        embeddings: NDArray[np.float32] = _encoder()(torch.from_numpy(batch)).numpy()
    return embeddings


def unit(vector: NDArray[np.float32]) -> Embedding:
    """The vector at length one."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32)


def _levelled(speech: Floats) -> Floats:
    level = 10.0 * np.log10(max(float(np.mean(speech.astype(np.float64) ** 2)), 1e-12))
    return np.asarray(speech * 10.0 ** ((_LEVEL_DB - level) / 20.0), dtype=np.float32)


def _mel_power(signal: Floats) -> Floats:
    spectrum = np.abs(stft(signal, _FFT, _HOP)) ** 2
    bank = mel_filters(SAMPLE_RATE, _FFT, _BANDS, scale="slaney", unit_area=True)
    return np.asarray(spectrum @ bank.T, dtype=np.float32)


@lru_cache(maxsize=1)
def _encoder() -> torch.nn.Module:
    import torch

    class Encoder(torch.nn.Module):
        """Last hidden state of the top LSTM layer, projected, rectified, at unit length: [B, T, 40] -> [B, 256]."""

        def __init__(self) -> None:
            super().__init__()
            self.lstm = torch.nn.LSTM(_BANDS, DIMENSION, num_layers=3, batch_first=True)
            self.linear = torch.nn.Linear(DIMENSION, DIMENSION)

        def forward(self, mels: torch.Tensor) -> torch.Tensor:
            _, (hidden, _) = self.lstm(mels)
            return torch.nn.functional.normalize(torch.relu(self.linear(hidden[-1])), dim=1)

    state = torch.load(_weights_path(), map_location="cpu", weights_only=True)["model_state"]
    encoder = Encoder()
    encoder.load_state_dict({name: value for name, value in state.items() if not name.startswith("similarity_")})
    return encoder.eval()


def _weights_path() -> Path:
    spec = importlib.util.find_spec("resemblyzer")
    if spec is None or spec.origin is None:
        raise EncoderError("the resemblyzer package, whose encoder weights are used, is not installed")
    path = Path(spec.origin).parent / "pretrained.pt"
    if not path.is_file() or path.stat().st_size != _WEIGHTS_BYTES:
        raise EncoderError("the encoder weights are missing or not of the pinned size")
    if hashlib.sha256(path.read_bytes()).hexdigest() != _WEIGHTS_SHA256:
        raise EncoderError("the digest of the encoder weights is not the pinned one")
    return path
