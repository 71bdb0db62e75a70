"""The audible notice before a clip, where the grant asks for one. It is put there before the mark, and so is marked with the rest."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from audiokit import Audio, read, resample

_FOLDER: Final = Path(__file__).parent / "notices"
_PAUSE_S: Final = 0.25
_LEVEL: Final = 0.1  # -20 dBFS, about as loud as speech


def with_notice(sound: Audio, disclosure: str, language: str) -> Audio:
    """The sound after its notice: ``none``, ``tone`` (two rising tones) or ``spoken`` (a sentence; English where there is none in ``language``).

    Raises:
        ValueError: for another disclosure.
    """
    head = _head(disclosure, language, sound.sample_rate)
    if not len(head):
        return sound
    return Audio(np.concatenate([np.tile(head, (sound.channels, 1)), sound.samples], axis=1), sound.sample_rate)


def notice_seconds(disclosure: str, language: str, sample_rate: int) -> float:
    """How long the notice of ``with_notice`` is, with the pause after it."""
    return len(_head(disclosure, language, sample_rate)) / sample_rate


def _head(disclosure: str, language: str, sample_rate: int) -> np.ndarray:
    if disclosure == "none":
        return np.zeros(0, dtype=np.float32)
    if disclosure == "tone":
        notice = _tone(sample_rate)
    elif disclosure == "spoken":
        notice = resample(_spoken(language), sample_rate).to_mono()
    else:
        raise ValueError(f"unknown disclosure {disclosure!r}")
    return np.concatenate([notice, np.zeros(round(_PAUSE_S * sample_rate), dtype=np.float32)])


def _tone(rate: int) -> np.ndarray:
    """660 Hz, then 880 Hz, a quarter of a second each, faded in and out over 20 ms."""
    time = np.arange(round(0.25 * rate)) / rate
    fade = np.minimum(1.0, np.minimum(time, time[::-1]) / 0.02)
    return np.concatenate([_LEVEL * fade * np.sin(2 * np.pi * pitch * time) for pitch in (660.0, 880.0)]).astype(
        np.float32
    )


@cache
def _spoken(language: str) -> Audio:
    path = _FOLDER / f"{language}.flac"
    return read(path if path.exists() else _FOLDER / "en.flac", max_seconds=15.0, max_bytes=1_000_000)
