"""Tiny checkpoints made on the spot, in the forms upstream's trainer writes, and ways to spoil them."""

from __future__ import annotations

import io
import pickle
import sys
import types
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch


def tiny_content() -> dict[str, Any]:
    """Weights and configuration in the shape of an s1 checkpoint, a few hundred numbers in all."""
    generator = torch.Generator().manual_seed(5)
    return {
        "weight": {
            "model.ar_predict_layer.weight": torch.randn(9, 4, generator=generator).half(),
            "model.bert_proj.bias": torch.randn(4, generator=generator),
            "model.shared": torch.zeros(1).expand(3, 2),
        },
        "config": {"model": {"head": 2, "EOS": 8}, "data": {"max_sec": 54, "rate": 0.5, "steps": [1, 2]}},
        "info": "GPT-e1",
    }


def saved(content: Any) -> bytes:
    """``torch.save`` into bytes."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@contextmanager
def hparams_class() -> Iterator[type]:
    """A class pickled under the name ``utils.HParams``, as upstream's trainer does."""
    module = types.ModuleType("utils")
    cls = type("HParams", (), {"__module__": "utils"})
    module.HParams = cls  # type: ignore[attr-defined]
    sys.modules["utils"] = module
    try:
        yield cls
    finally:
        del sys.modules["utils"]


def rezipped(data: bytes, change: Callable[[bytes], bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """The same archive with another index (``data.pkl``); checksums are right again."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", compression) as new:
        for info in old.infolist():
            body = old.read(info)
            new.writestr(info.filename, change(body) if info.filename.endswith("data.pkl") else body)
    return buffer.getvalue()


class Calls:
    """Pickles into a call of ``function`` with ``arguments``."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._call


def pickled(value: Any) -> bytes:
    """A pickle of protocol 2, as torch writes."""
    return pickle.dumps(value, protocol=2)
