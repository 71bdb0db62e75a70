"""Word errors by a recogniser that knows 731 words, all alike likely: a hard test, used only to compare."""

from __future__ import annotations

import csv
import math
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pocketsphinx import Decoder, get_model_path

from bench.engine.sentences import SENTENCES
from synthesis.engine.parametric.base import lexicon
from synthesis.engine.parametric.phones import split_stress
from synthesis.engine.parametric.train.letters import edit_distance

VOCABULARY = 731


def words_of(text: str) -> list[str]:
    """Lower-case words."""
    return re.findall(r"[a-z']+", text.lower())


class Recogniser:
    """Pocketsphinx with a unigram model of the words of ``sentences`` and the commonest of the training transcripts.

    Args:
        data: folder with manifest.csv.
        sentences: what will be said; of their words, those that pocketsphinx does not know are pronounced by our lexicon.
    """

    def __init__(self, data: Path, sentences: Sequence[str] = SENTENCES) -> None:
        dictionary = Decoder(samprate=16_000, lm=None, loglevel="FATAL")
        with (data / "manifest.csv").open(newline="", encoding="utf-8") as stream:
            rows = [row["transcript"] for row in csv.DictReader(stream) if row["set"] in ("kathleen", "ljspeech")]
        counted = Counter(word for text in rows for word in words_of(text) if len(word) > 1)
        vocabulary = {word for sentence in sentences for word in words_of(sentence)}
        unknown = [word for word in sorted(vocabulary) if not dictionary.lookup_word(word)]
        for word, _ in counted.most_common():
            if len(vocabulary) >= VOCABULARY:
                break
            if dictionary.lookup_word(word):
                vocabulary.add(word)
        spellings = {word: lexicon().pronounce(word) for word in unknown}
        self._decoder: Any = _unigram_decoder(sorted(vocabulary), spellings)

    def errors(self, samples: NDArray[np.floating], text: str) -> tuple[int, int]:
        """Word errors and words, of 16 kHz samples ``[time]`` that should say ``text``."""
        quiet = np.random.default_rng(0).standard_normal(len(samples) + 6400) * 1e-4
        pcm = (np.clip(np.pad(samples, 3200) + quiet, -1, 1) * 32767).astype("<i2").tobytes()
        self._decoder.start_utt()
        self._decoder.process_raw(pcm, full_utt=True)
        self._decoder.end_utt()
        heard = [re.sub(r"\(\d+\)$", "", segment.word) for segment in self._decoder.seg()]
        wanted = words_of(text)
        return edit_distance([word for word in heard if not word.startswith(("<", "["))], wanted), len(wanted)


def _unigram_decoder(words: list[str], unknown: Mapping[str, Sequence[str]]) -> Any:
    probability = math.log10(0.9 / len(words))
    lines = "".join(f"{probability:.4f} {word}\n" for word in words)
    model = f"\\data\\\nngram 1={len(words) + 2}\n\n\\1-grams:\n-1.0 </s>\n-99 <s>\n{lines}\n\\end\\\n"
    dictionary = Path(get_model_path("en-us/cmudict-en-us.dict")).read_text("utf-8").rstrip("\n") + "\n"
    for word, symbols in unknown.items():
        dictionary += " ".join([word, *(split_stress(symbol)[0] for symbol in symbols)]) + "\n"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "lm.arpa").write_text(model, "utf-8")
        (Path(folder) / "words.dict").write_text(dictionary, "utf-8")
        return Decoder(samprate=16_000, lm=f"{folder}/lm.arpa", dict=f"{folder}/words.dict", loglevel="FATAL")
