"""The model of one voice as a value, and its byte form.

Bytes are a safetensors file: a bounded JSON header and raw arrays, so that reading a hostile one can neither run code
nor allocate more than was sent. Everything is checked before an array is made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from synthesis.engine.errors import EngineError

MAX_BYTES: Final = 64 * 2**20
_MAX_HEADER: Final = 2**20
_MAX_ARRAYS: Final = 4096
_DTYPES: Final = frozenset(("float16", "float32", "int32", "uint8"))
_METADATA_KEY: Final = "vivavoce.voice"
_FORMAT: Final = 1


@dataclass(frozen=True, eq=False)
class VoiceModel:
    """One voice, as an engine learned it. Equal when the bytes are equal.

    Attributes:
        engine: name of the engine that made it.
        arrays: named arrays of float16, float32, int32 or uint8; read-only.
        facts: named strings, such as the version of the base weights.
        weights: opens further weights that are too large for a model and lie beside it; an engine that has them names their
            SHA-256 among the facts, asks only when it does not hold them, and believes the digest alone. Not part of the
            byte form.
    """

    engine: str
    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, str] = field(default_factory=dict)
    weights: Callable[[], bytes] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        arrays: dict[str, NDArray[Any]] = {}
        for name, array in sorted(self.arrays.items()):
            if array.dtype.name not in _DTYPES:
                raise ValueError(f"array {name!r} has type {array.dtype.name}, allowed are {sorted(_DTYPES)}")
            copied = np.array(array, order="C")
            copied.setflags(write=False)
            arrays[name] = copied
        object.__setattr__(self, "arrays", MappingProxyType(arrays))
        object.__setattr__(self, "facts", MappingProxyType(dict(sorted(self.facts.items()))))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VoiceModel) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the byte form, lower-case hexadecimal."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """The byte form; the same model always gives the same bytes."""
        described = {"format": _FORMAT, "engine": self.engine, "facts": dict(self.facts)}
        # A single metadata entry: the library keeps several in no fixed order.
        metadata = {_METADATA_KEY: json.dumps(described, sort_keys=True, separators=(",", ":"))}
        return bytes(save(dict(self.arrays), metadata=metadata))

    @classmethod
    def from_bytes(cls, data: bytes) -> VoiceModel:
        """Read the byte form.

        Raises:
            EngineError: code ``bad_voice_model`` for bytes that are too many, malformed or hold unexpected types.
        """
        if len(data) > MAX_BYTES:
            raise _bad(f"{len(data)} bytes, at most {MAX_BYTES} are read")
        header = _header(data)
        described = _description(header.pop("__metadata__", None))
        if len(header) > _MAX_ARRAYS:
            raise _bad(f"{len(header)} arrays, at most {_MAX_ARRAYS} are read")
        try:
            arrays = load(data)
            if not all(np.isfinite(array).all() for array in arrays.values()):
                raise _bad("an array holds a number that is not finite")
            return cls(described["engine"], arrays, described["facts"])
        except (SafetensorError, ValueError, TypeError, KeyError) as error:
            raise _bad("the arrays do not match the header") from error


def _bad(why: str) -> EngineError:
    return EngineError("bad_voice_model", f"These bytes are not a voice model: {why}.")


def _header(data: bytes) -> dict[str, Any]:
    if len(data) < 8:
        raise _bad("too short")
    length = int.from_bytes(data[:8], "little")
    if length > min(_MAX_HEADER, len(data) - 8):
        raise _bad("the header is longer than allowed")
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError) as error:
        raise _bad("the header is not JSON") from error
    if not isinstance(header, dict):
        raise _bad("the header is not an object")
    return header


def _description(metadata: object) -> dict[str, Any]:
    text = metadata.get(_METADATA_KEY) if isinstance(metadata, dict) else None
    try:
        described = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError) as error:
        raise _bad("the description is not JSON") from error
    if not isinstance(described, dict) or described.get("format") != _FORMAT:
        raise _bad("the description has an unknown format")
    facts = described.get("facts")
    if not isinstance(described.get("engine"), str) or not isinstance(facts, dict):
        raise _bad("the description lacks the engine or the facts")
    if not all(isinstance(value, str) for value in facts.values()):
        raise _bad("a fact is not a string")
    return described
