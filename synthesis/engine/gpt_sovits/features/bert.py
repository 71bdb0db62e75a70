"""BERT features of Chinese text (Devlin et al. 2019; whole-word masking, Cui et al. 2021): what the phones mean."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Tensor
from transformers import BertConfig, BertModel

from synthesis.engine.gpt_sovits.errors import CheckpointError
from synthesis.engine.gpt_sovits.features.folders import load_into, read_config, read_weights

MAX_CHARACTERS: Final = 510
_LAYERS_UNUSED: Final = 2  # the third last hidden state is taken, so the last two blocks are not even loaded
_MAX_VOCABULARY: Final = 16 * 2**20


class Bert:
    """The network of one folder with its vocabulary of characters.

    Raises:
        CheckpointError: when the folder does not hold such a model.
    """

    def __init__(self, folder: Path, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> None:
        config = BertConfig.from_dict(read_config(folder, "bert"))
        config.num_hidden_layers -= _LAYERS_UNUSED
        if config.num_hidden_layers < 0:
            raise CheckpointError("checkpoint_unsupported", "The BERT model has too few layers.")
        model = BertModel(config, add_pooling_layer=False)
        load_into(model, read_weights(folder), "bert.")
        self._model = model.train(False).to(device, dtype)
        self._device = torch.device(device)
        self._vocabulary = _vocabulary(folder)
        self.width = int(config.hidden_size)

    def features(self, text: str, word2ph: Sequence[int]) -> Tensor:
        """Features per phone.

        Args:
            text: normalised, one character per entry of ``word2ph``, at most 510.
            word2ph: phones of each character.

        Returns:
            ``[width, sum(word2ph)]`` in float32.

        Raises:
            ValueError: when the lengths differ.
        """
        if len(text) != len(word2ph) or len(text) > MAX_CHARACTERS:
            raise ValueError(f"{len(text)} characters with {len(word2ph)} counts of phones")
        unknown = self._id("[UNK]")
        ids = [self._id("[CLS]"), *(self._vocabulary.get(char.lower(), unknown) for char in text), self._id("[SEP]")]
        return per_phone(self.hidden(torch.tensor(ids))[1:-1], word2ph)

    @torch.inference_mode()
    def hidden(self, ids: Tensor) -> Tensor:
        """Third last hidden state ``[T, width]`` of token ids ``[T]``, in float32."""
        found: Tensor = self._model(ids[None].to(self._device)).last_hidden_state[0]
        return found.float()

    def _id(self, token: str) -> int:
        if token not in self._vocabulary:
            raise CheckpointError("checkpoint_unreadable", f"The vocabulary of the BERT model lacks {token}.")
        return self._vocabulary[token]


def per_phone(hidden: Tensor, word2ph: Sequence[int]) -> Tensor:
    """States of characters ``[T, width]``, each repeated for its phones, ``[width, sum(word2ph)]``."""
    return hidden.repeat_interleave(torch.tensor(list(word2ph), device=hidden.device), 0).T


def _vocabulary(folder: Path) -> dict[str, int]:
    """Token to id; empty where the folder has none, so that only ``hidden`` works."""
    plain, packed = folder / "vocab.txt", folder / "tokenizer.json"
    try:
        for path in (plain, packed):
            if path.exists() and path.stat().st_size > _MAX_VOCABULARY:
                raise CheckpointError("checkpoint_too_large", f"{path.name} is too large.")
        if plain.exists():
            return {token: index for index, token in enumerate(plain.read_text("utf-8").splitlines())}
        if packed.exists():
            return {
                str(token): int(index) for token, index in json.loads(packed.read_bytes())["model"]["vocab"].items()
            }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError("checkpoint_unreadable", "The vocabulary of the BERT model cannot be read.") from error
    return {}
