"""Speech of training voices, as one long row of samples."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from safeguards.detector.parts import voice_part

RATE = 16_000
LEVEL = 0.07  # root mean square of every recording
_MOST_PER_VOICE_S = 240.0  # so that no voice rules


def recordings(speech: Path) -> Iterator[Path]:
    """Lossless human recordings of training voices in ``speech/manifest.csv``."""
    heard: dict[str, float] = {}
    with (speech / "manifest.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            voice, path = row["speaker"], speech / row["path"]
            if row["kind"] != "bonafide" or row["codec"] != "flac" or voice_part(voice) != "train":
                continue
            if heard.get(voice, 0.0) < _MOST_PER_VOICE_S and path.is_file():
                heard[voice] = heard.get(voice, 0.0) + float(row["seconds"])
                yield path


def samples(speech: Path) -> Tensor:
    """All of them at one level, ``[time]``.

    Raises:
        ValueError: there are none, or one is not of 16 kHz.
    """
    import soundfile

    parts = []
    for path in recordings(speech):
        found, rate = soundfile.read(path, dtype="float32", always_2d=True)
        if rate != RATE:
            raise ValueError(f"{path} is not of {RATE} Hz")
        parts.append(found[:, 0] * (LEVEL / max(float(np.sqrt(np.mean(found[:, 0] ** 2))), 1e-4)))
    if not parts:
        raise ValueError(f"no speech of training voices under {speech}")
    return torch.from_numpy(np.concatenate(parts))


def windows(row: Tensor, batch: int, length: int) -> Tensor:
    """Random stretches of it at levels of 6 dB about the common one, ``[batch, length]``."""
    starts = torch.randint(len(row) - length, (batch, 1), device=row.device)
    found = row[starts + torch.arange(length, device=row.device)]
    return found * 10.0 ** ((torch.rand(batch, 1, device=row.device) - 0.5) * 0.6)
