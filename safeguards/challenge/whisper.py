"""A recogniser for other languages by ``faster-whisper``, for operators who install that package and bring a model folder.

The folder is in CTranslate2's form; its files were pinned by digest before (``safeguards.installed``), and nothing is fetched.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from audiokit import Audio, resample
from safeguards.challenge.recognisers import HeardWord, Recogniser, spelled

_RATE: Final = 16_000
_LEAST, _MOST = 0.001, 0.999  # a probability of one has no finite odds


class WhisperRecogniser:
    """Words with times and confidence, by one Whisper model.

    Args:
        model: a ``faster_whisper.WhisperModel``.
        version: goes into every evidence.
    """

    def __init__(self, model: Any, version: str) -> None:
        self._model = model
        self.version = version

    def transcribe(self, audio: Audio, language: str) -> Sequence[HeardWord]:
        """Words in order, letters only; ideographs one by one."""
        samples = resample(audio, _RATE).to_mono()
        # Without the text before as context: what was said earlier must not help a word that was not.
        segments, _ = self._model.transcribe(
            samples,
            language=language.partition("-")[0].lower(),
            word_timestamps=True,
            condition_on_previous_text=False,
            vad_filter=False,
            beam_size=5,
            temperature=0.0,
        )
        heard = []
        for segment in segments:
            for word in segment.words or ():
                sure = min(max(float(word.probability), _LEAST), _MOST)
                odds = math.log(sure / (1.0 - sure))
                heard += [HeardWord(part, float(word.start), float(word.end), odds) for part in spelled(word.word)]
        return heard


def open_folder(folder: Path, *, version: str, compute_type: str = "int8", threads: int = 1) -> Recogniser:
    """The factory to be named in the operator's file.

    Raises:
        ImportError: ``faster-whisper`` is not installed.
    """
    from faster_whisper import WhisperModel

    model = WhisperModel(
        str(folder), device="cpu", compute_type=compute_type, cpu_threads=threads, local_files_only=True
    )
    return WhisperRecogniser(model, version)
