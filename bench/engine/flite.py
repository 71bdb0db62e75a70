"""The benchmark's sentences by flite, a synthesiser that speaks in nobody's voice; where it is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from synthesis.engine.parametric import world

VOICES: Final = ("slt", "rms")  # a woman and a man


def installed() -> bool:
    """Whether there is a flite to compare with."""
    return shutil.which("flite") is not None


def speak(voice: str, text: str) -> NDArray[np.float64]:
    """16 kHz samples ``[time]`` at the engine's level."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", file.name], check=True)
        samples, rate = soundfile.read(file.name)
    if rate != world.SAMPLE_RATE:
        raise ValueError(f"flite speaks at {rate} Hz")
    return np.asarray(world.level(samples))
