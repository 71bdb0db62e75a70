"""A foreign checkpoint as arrays and a plain configuration."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synthesis.engine.gpt_sovits.checkpoints.archive import MAX_BYTES, Archive
from synthesis.engine.gpt_sovits.checkpoints.unpickle import TensorRef, read_pickle
from synthesis.engine.gpt_sovits.errors import CheckpointError

_MAX_TENSORS: Final = 10_000
_MAX_ELEMENTS: Final = 2**29
_MAX_CONFIG_NODES: Final = 5_000
_MAX_CONFIG_DEPTH: Final = 12
_WIDTH: Final = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "int64": 8, "int32": 4}


@dataclass(frozen=True)
class Checkpoint:
    """What was in the file.

    Attributes:
        tensors: arrays by upstream's names; float16 and float32 as stored, bfloat16 and float64 as float32.
        config: plain values only; empty for bare state dicts (the speaker model).
        info: free text of the trainer, such as ``GPT-e15``.
        tag: version by the header's tag, None for plain zip files. A hint only; ``versions.detect`` decides.
        sha256: hexadecimal digest of the file as it was given.
    """

    tensors: Mapping[str, NDArray[Any]]
    config: Mapping[str, Any]
    info: str
    tag: str | None
    sha256: str


def read_checkpoint(source: Path | bytes) -> Checkpoint:
    """Read a ``.ckpt`` or ``.pth`` file; nothing in it is executed.

    Raises:
        CheckpointError: for everything but tensors with a plain configuration; see the error's codes.
    """
    if isinstance(source, Path):
        if source.stat().st_size > MAX_BYTES:
            raise CheckpointError("checkpoint_too_large", f"At most {MAX_BYTES} bytes are read.")
        source = source.read_bytes()
    archive = Archive(source)
    content = read_pickle(archive.read("data.pkl"))
    if type(content) is not dict:
        raise CheckpointError("checkpoint_unreadable", "A checkpoint is a dict.")
    weights, config, info = content, {}, ""
    if "weight" in content and not isinstance(content["weight"], TensorRef):
        weights, config, info = content["weight"], content.get("config", {}), content.get("info", "")
    if content.get("lora_rank") is not None:
        raise CheckpointError("checkpoint_unsupported", "LoRA checkpoints are not run by this engine.")
    if type(weights) is not dict or type(config) is not dict or not weights:
        raise CheckpointError(
            "checkpoint_unreadable", "The checkpoint has no weights or a configuration of another type."
        )
    return Checkpoint(
        tensors=_arrays(archive, weights),
        config=_plain(config),
        info=info[:200] if isinstance(info, str) else "",
        tag=archive.tag,
        sha256=hashlib.sha256(source).hexdigest(),
    )


def _plain(config: dict[Any, Any]) -> dict[str, Any]:
    """Refuse a configuration that is cyclic, deep or large; shared parts make small pickles unfold without end."""
    nodes = 0

    def copy(value: Any, depth: int) -> Any:
        nonlocal nodes
        nodes += 1
        if nodes > _MAX_CONFIG_NODES or depth > _MAX_CONFIG_DEPTH:
            raise CheckpointError("checkpoint_too_large", "The configuration is too large or too deep.")
        if type(value) is dict:
            return {str(key)[:200]: copy(item, depth + 1) for key, item in value.items()}
        if type(value) in (list, tuple):
            return [copy(item, depth + 1) for item in value]
        if value is None or type(value) in (str, bool) or (type(value) is int and abs(value) < 2**63):
            return value
        if type(value) is float and math.isfinite(value):
            return value
        raise CheckpointError("checkpoint_forbidden", "The configuration holds more than plain values.")

    copied: dict[str, Any] = copy(config, 0)
    return copied


def _arrays(archive: Archive, weights: dict[Any, Any]) -> dict[str, NDArray[Any]]:
    if len(weights) > _MAX_TENSORS:
        raise CheckpointError("checkpoint_too_large", f"The checkpoint has {len(weights)} tensors.")
    total = 0
    arrays: dict[str, NDArray[Any]] = {}
    for name, ref in weights.items():
        if type(name) is not str or not isinstance(ref, TensorRef):
            raise CheckpointError("checkpoint_forbidden", "Among the weights is something that is no tensor.")
        total += math.prod(ref.shape)
        if total > _MAX_ELEMENTS:
            raise CheckpointError("checkpoint_too_large", f"The tensors have more than {_MAX_ELEMENTS} elements.")
        arrays[name] = _array(archive, name, ref)
    return arrays


def _array(archive: Archive, name: str, ref: TensorRef) -> NDArray[Any]:
    entry = f"data/{ref.storage.key}"
    width = _WIDTH[ref.storage.dtype]
    elements = archive.size(entry) // width
    empty = math.prod(ref.shape) == 0
    last = ref.offset + sum((size - 1) * stride for size, stride in zip(ref.shape, ref.strides, strict=True))
    if ref.storage.elements != elements or archive.size(entry) % width or empty or last >= elements:
        raise CheckpointError("checkpoint_unreadable", f"The tensor {name[:80]!r} does not fit its storage.")
    kind = "<u2" if ref.storage.dtype == "bfloat16" else np.dtype(ref.storage.dtype).newbyteorder("<")
    flat = np.frombuffer(archive.read(entry), dtype=kind)
    strides = tuple(stride * width for stride in ref.strides)
    view = np.lib.stride_tricks.as_strided(flat[ref.offset :], ref.shape, strides, writeable=False)
    array: NDArray[Any] = np.ascontiguousarray(view).reshape(ref.shape)
    if ref.storage.dtype == "bfloat16":
        array = (array.astype(np.uint32) << 16).view(np.float32)
    if array.dtype == np.float64:
        with np.errstate(over="ignore"):
            array = array.astype(np.float32)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise CheckpointError("checkpoint_not_finite", f"The tensor {name[:80]!r} holds NaN or infinity.")
    return array
