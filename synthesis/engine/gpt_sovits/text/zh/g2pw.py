"""Polyphones by G2PW: a BERT that reads the whole sentence and chooses among the readings of one character.

Chen et al. 2022, "g2pW: A Conditional Weighted Softmax BERT for Polyphone Disambiguation in Mandarin". The model is one
ONNX file with tables beside it; it was trained on traditional characters and answers in bopomofo.
"""

from __future__ import annotations

import ast
import json
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import opencc
from numpy.typing import NDArray

from synthesis.engine.errors import EngineError

MODEL: Final = "g2pW.onnx"
_MAX_TOKENS: Final = 512
_MAX_TABLE_BYTES: Final = 8 * 2**20
# The model is known to do worse on these than phrases and sandhi do.
_LEFT_ALONE: Final = frozenset("一不和咋嗲剖差攢倒難奔勁拗肖瘙誒泊听噢")

Integers = NDArray[np.int64]


@cache
def _traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2tw")


class G2PW:
    """Reads polyphones of a sentence. Safe to share between threads.

    Args:
        folder: holds ``g2pW.onnx``, ``POLYPHONIC_CHARS.txt``, ``bopomofo_to_pinyin_wo_tune_dict.json``, the BERT's
            ``vocab.txt`` (here or in ``bert``), and if need be ``config.py``, of which constants alone are read.
        bert: where ``vocab.txt`` or ``tokenizer.json`` lies; the folder itself by default.

    Raises:
        EngineError: ``model_unreadable`` when a file lacks or is damaged; ``dependency_missing`` without onnxruntime.
    """

    def __init__(self, folder: Path, bert: Path | None = None) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise EngineError("dependency_missing", "G2PW needs onnxruntime.") from error
        try:
            self._by_character = _constants(folder / "config.py").get("use_char_phoneme", False) is True
            self._tables(folder)
            self._tokens = _vocabulary(bert or folder)
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            self._session = onnxruntime.InferenceSession(
                str(folder / MODEL), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except EngineError:
            raise
        except Exception as error:  # onnxruntime has no base class of its own for a bad file
            raise EngineError("model_unreadable", f"The G2PW model in {folder.name} cannot be read.") from error

    def _tables(self, folder: Path) -> None:
        pairs = [line.split("\t") for line in _text(folder / "POLYPHONIC_CHARS.txt").split("\n") if "\t" in line]
        self._labels = sorted({self._label(character, reading.strip()) for character, reading in pairs})
        numbers = {label: index for index, label in enumerate(self._labels)}
        self._choices: dict[str, list[int]] = {}
        for character, reading in pairs:
            self._choices.setdefault(character, []).append(numbers[self._label(character, reading.strip())])
        self._characters = {character: index for index, character in enumerate(sorted(self._choices))}
        table = json.loads(_text(folder / "bopomofo_to_pinyin_wo_tune_dict.json"))
        self._pinyin: dict[str, str] = {str(key): str(value) for key, value in table.items()}

    def _label(self, character: str, reading: str) -> str:
        return f"{character} {reading}" if self._by_character else reading

    def readings(self, sentence: str) -> list[str | None]:
        """Pinyin with tone figure of each polyphone, None for what the model does not decide."""
        found: list[str | None] = [None] * len(sentence)
        written = str(_traditional().convert(sentence))
        if len(written) != len(sentence):
            written = sentence
        asked = [
            place
            for place, character in enumerate(written)
            if character in self._choices and character not in _LEFT_ALONE and place < _MAX_TOKENS - 2
        ]
        if asked:
            best = self._ask(written[: _MAX_TOKENS - 2], asked)
            for place, label in zip(asked, best, strict=True):
                found[place] = self._reading(self._labels[label])
        return found

    def _ask(self, sentence: str, places: list[int]) -> list[int]:
        unknown = self._tokens.get("[UNK]", 0)
        tokens = [self._tokens.get(mark, unknown) for mark in ("[CLS]", *sentence.lower(), "[SEP]")]
        rows = len(places)
        ids: Integers = np.tile(np.array(tokens, np.int64), (rows, 1))
        mask = np.zeros((rows, len(self._labels)), np.float32)
        for row, place in enumerate(places):
            mask[row, self._choices[sentence[place]]] = 1.0
        (scores,) = self._session.run(
            None,
            {
                "input_ids": ids,
                "token_type_ids": np.zeros_like(ids),
                "attention_mask": np.ones_like(ids),
                "phoneme_mask": mask,
                "char_ids": np.array([self._characters[sentence[place]] for place in places], np.int64),
                "position_ids": np.array([place + 1 for place in places], np.int64),  # [CLS] is first
            },
        )[:1]
        best: list[int] = np.where(mask > 0, scores, -np.inf).argmax(1).tolist()
        return best

    def _reading(self, label: str) -> str | None:
        bopomofo = label.rpartition(" ")[2]
        plain, tone = bopomofo[:-1], bopomofo[-1:]
        return self._pinyin[plain] + tone if plain in self._pinyin and tone in "12345" else None


def _vocabulary(folder: Path) -> dict[str, int]:
    """Numbers of the BERT's tokens."""
    if not (folder / "vocab.txt").exists():
        known = json.loads(_text(folder / "tokenizer.json"))["model"]["vocab"]
        return {str(token): int(index) for token, index in known.items()}
    tokens = _text(folder / "vocab.txt").split("\n")
    return {token.rstrip("\r"): index for index, token in enumerate(tokens) if token}


def _text(path: Path) -> str:
    if path.stat().st_size > _MAX_TABLE_BYTES:
        raise EngineError("model_unreadable", f"{path.name} is too large for a table.")
    return path.read_text("utf-8")


def _constants(path: Path) -> dict[str, object]:
    """Constants assigned in a Python file, read and never run."""
    if not path.exists():
        return {}
    found: dict[str, object] = {}
    for statement in ast.parse(_text(path)).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            found.update({t.id: statement.value.value for t in statement.targets if isinstance(t, ast.Name)})
    return found
