"""Speaker encoders in ONNX, such as ECAPA-TDNN, ResNet or CAM++ as WeSpeaker exports them.

The folder holds ``encoder.onnx``, and ``cohort.safetensors`` and ``calibration.json``, which
``python -m bench.identity.calibrate_speaker --encoder FOLDER`` puts there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from audiokit.features import Floats
from safeguards.onnx_network import Network, NetworkError
from safeguards.speaker.calibration import Calibration, read_calibration
from safeguards.speaker.cohort import Strangers, read_cohort

RATE: Final = 16_000
ENCODER, COHORT, CALIBRATION = "encoder.onnx", "cohort.safetensors", "calibration.json"
Form = Literal["fbank", "waveform"]
_SCALE = 32_768.0  # Kaldi's filter banks are taken of 16-bit values


class OnnxEncoder:
    """Embeddings of stretches of speech.

    Args:
        network: takes ``[batch, frames, bands]`` (Kaldi filter banks less their mean) or ``[batch, time]``; gives ``[batch, numbers]``.
        form: which of the two.
        bands: mel bands.
        window_s: length of a stretch; a shorter recording is one stretch.
        step_s: from one stretch to the next.
    """

    def __init__(
        self, network: Network, *, form: Form = "fbank", bands: int = 80, window_s: float = 3.0, step_s: float = 1.0
    ) -> None:
        if form not in {"fbank", "waveform"} or min(window_s, step_s) <= 0.0:
            raise ValueError(f"an encoder reads fbank or waveform, in stretches longer than nothing; not {form}")
        self._network, self._form, self._bands = network, form, bands
        self._window_s, self._step_s = window_s, step_s

    def partials(
        self, speech: Floats, *, window_s: float | None = None, step_s: float | None = None
    ) -> NDArray[np.float32]:
        """Embeddings of unit length of stretches in order of time, ``[stretches, numbers]``.

        Args:
            speech: mono 16 kHz ``[time]``, pauses removed.
            window_s, step_s: other stretches than the encoder's own.

        Raises:
            NetworkError: the network gives something else than one vector for each stretch.
        """
        window, step = (round((own if asked is None else asked) * RATE)
                        for own, asked in ((self._window_s, window_s), (self._step_s, step_s)))  # fmt: skip
        last = max(0, len(speech) - window)
        starts = sorted({*range(0, last + 1, step), last})
        found = self._network(np.stack([self._heard(speech[start : start + window]) for start in starts]))
        if found.ndim != 2 or len(found) != len(starts):
            raise NetworkError(f"an encoder gives [batch, numbers], this one {found.shape} for {len(starts)} stretches")
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), dtype=np.float32)

    def _heard(self, stretch: Floats) -> NDArray[np.float32]:
        if self._form == "waveform":
            return stretch.astype(np.float32)
        import torch
        from torchaudio.compliance import kaldi

        banks = kaldi.fbank(
            torch.from_numpy(stretch.astype(np.float32) * np.float32(_SCALE))[None],
            num_mel_bins=self._bands, frame_length=25.0, frame_shift=10.0, dither=0.0, sample_frequency=RATE,
            window_type="hamming", use_energy=False,
        )  # fmt: skip
        values: NDArray[np.float32] = (banks - banks.mean(dim=0)).numpy()
        return values


@dataclass(frozen=True, eq=False)
class BroughtEncoder:
    """An encoder with its cohort and its calibration (:class:`safeguards.speaker.brought.SpeakerModel`)."""

    encoder: OnnxEncoder
    cohort: Strangers
    calibration: Calibration

    def partials(
        self, speech: Floats, *, window_s: float | None = None, step_s: float | None = None
    ) -> NDArray[np.float32]:
        """As the encoder's."""
        return self.encoder.partials(speech, window_s=window_s, step_s=step_s)


class Stretches(TypedDict, total=False):
    """Options of :class:`OnnxEncoder`."""

    form: Form
    bands: int
    window_s: float
    step_s: float


class Options(Stretches, total=False):
    """What an operator's file may say of an encoder: those, the output's name and the number of threads."""

    output: str | None
    threads: int


def open_encoder(
    folder: Path, *, output: str | None = None, threads: int = 1, **options: Unpack[Stretches]
) -> OnnxEncoder:
    """The network alone, as calibration needs it.

    Raises:
        NetworkError: ``encoder.onnx`` is not a graph with one input and that output.
    """
    return OnnxEncoder(Network(folder / ENCODER, output=output, threads=threads), **options)


def open_folder(folder: Path, **options: Unpack[Options]) -> BroughtEncoder:
    """The factory to be named in the operator's file; options as for :func:`open_encoder`.

    Raises:
        NetworkError: see there.
        EncoderError: the cohort is missing or not the one that the calibration names.
        OSError: there is no calibration.
    """
    encoder = open_encoder(folder, **options)
    calibration = read_calibration(folder / CALIBRATION)
    return BroughtEncoder(encoder, read_cohort(folder / COHORT, calibration.cohort_sha256), calibration)
