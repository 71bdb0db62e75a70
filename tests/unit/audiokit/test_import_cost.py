"""The web process imports audiokit; it pays for codecs only when it uses them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEAVY = {"av", "soundfile", "soxr", "scipy", "torch", "torchaudio", "django", "celery"}


def loaded_by(statement: str) -> set[str]:
    """Top-level packages among ``HEAVY`` in a fresh process after ``statement``."""
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "platform")},
        check=True,
        capture_output=True,
        text=True,
    )
    return HEAVY & set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import audiokit",
        "from audiokit import read, write, resample",
        "import audiokit.features, audiokit.vad, audiokit.loudness, audiokit.clock, audiokit.ids",
    ],
)
def test_importing_loads_no_codec_and_no_framework(statement: str) -> None:
    assert loaded_by(statement) == set()


def test_reading_loads_only_ffmpeg() -> None:
    assert loaded_by(
        "from audiokit import Audio, read, write\nimport numpy\n"
        "read(write(Audio(numpy.zeros((1, 1600), numpy.float32), 16000), 'wav'), max_seconds=1, max_bytes=10000)"
    ) == {"av"}


def test_resample_is_the_function_even_after_its_module_was_imported() -> None:
    assert loaded_by("import audiokit.resample, audiokit\nassert callable(audiokit.resample)") == set()
