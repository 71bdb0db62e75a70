"""Sizes of the token model, read from the weights' shapes and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from synthesis.engine.gpt_sovits.errors import CheckpointError

TOKENS_PER_SECOND: Final = 25
_MAX_WIDTH: Final = 4096
_MAX_LAYERS: Final = 96
_MAX_SECONDS: Final = 54


@dataclass(frozen=True, slots=True)
class T2SConfig:
    """Sizes of one token model.

    Attributes:
        width: model width d.
        heads: attention heads; d is a multiple.
        layers: blocks.
        inner: width of the feed-forward layer.
        phones: rows of the phone embedding.
        vocabulary: tokens including EOS, which is the last.
        bert: width of the BERT features.
        max_seconds: longest utterance the model was trained for.
    """

    width: int = 512
    heads: int = 16
    layers: int = 24
    inner: int = 2048
    phones: int = 732
    vocabulary: int = 1025
    bert: int = 1024
    max_seconds: int = _MAX_SECONDS

    @property
    def eos(self) -> int:
        """The token that ends an utterance."""
        return self.vocabulary - 1

    @classmethod
    def of(cls, shapes: Mapping[str, tuple[int, ...]], config: Mapping[str, Any]) -> T2SConfig:
        """Sizes of a checkpoint; only the number of heads and the longest utterance come from its configuration.

        Raises:
            CheckpointError: ``checkpoint_shape``.
        """
        try:
            width, bert = shapes["model.bert_proj.weight"]
            (phones, _) = shapes["model.ar_text_embedding.word_embeddings.weight"]
            (vocabulary, _) = shapes["model.ar_audio_embedding.word_embeddings.weight"]
            inner, _ = shapes["model.h.layers.0.linear1.weight"]
            model, data = config.get("model", {}), config.get("data", {})
            heads = int(model["head"])
            seconds = int(data.get("max_sec", _MAX_SECONDS))
            eos = int(model.get("EOS", vocabulary - 1))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise CheckpointError("checkpoint_shape", "The token model's sizes cannot be read.") from error
        layers = len({name.split(".")[3] for name in shapes if name.startswith("model.h.layers.")})
        sane = 1 <= heads <= width <= _MAX_WIDTH and layers <= _MAX_LAYERS and 1 <= seconds <= 600
        if not sane or width % heads or width % 2 or eos != vocabulary - 1:
            raise CheckpointError("checkpoint_shape", "The token model's sizes do not fit each other.")
        return cls(width, heads, layers, inner, phones, vocabulary, bert, seconds)
