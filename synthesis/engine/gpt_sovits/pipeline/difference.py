"""What a voice's own weights differ by from the installed ones, as bytes (docs/adr/0006).

Both are taken in half precision, as they are stored, and their bit patterns subtracted: exact, so that what is added up
again is what training made, bit for bit; and nothing to anybody who has not the installed set.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.weights import Weights, digest

_KEY: Final = "vivavoce.difference"
_FORMAT: Final = 1

Bits = NDArray[np.uint16]


def encode(bases: Mapping[str, Weights], tuned: Mapping[str, Weights]) -> bytes:
    """Differences of one or more models, by role; tensors that did not move are left out.

    Args:
        bases: the installed weights.
        tuned: what training made of some of them: the same names and shapes.

    Raises:
        ValueError: names or shapes differ.
    """
    arrays: dict[str, Bits] = {}
    for role, weights in tuned.items():
        base = bases[role].tensors
        if base.keys() != weights.tensors.keys():
            raise ValueError("tuned weights have other names than those they were made from")
        for name, tensor in weights.tensors.items():
            before, after = base[name], np.asarray(tensor)
            if before.shape != after.shape:
                raise ValueError(f"{name} has another shape than before")
            if before.dtype.kind == "f":
                moved = _bits(after) - _bits(before)
                if moved.any():
                    arrays[f"{role}:{name}"] = moved
    described = {"format": _FORMAT, "bases": {role: bases[role].sha256 for role in tuned}}
    return bytes(save(arrays, {_KEY: json.dumps(described, sort_keys=True)}))


def apply(bases: Mapping[str, Weights], data: bytes) -> dict[str, Weights]:
    """The voice's own weights, by role; those that it does not have are the installed ones.

    Args:
        bases: the installed weights.
        data: of ``encode``, its SHA-256 already verified.

    Raises:
        EngineError: ``bad_voice_weights`` when they are malformed, too many, of another base, or no numbers.
    """
    if len(data) > 2 * sum(array.nbytes for base in bases.values() for array in base.tensors.values()) + 2**20:
        raise _bad("there are more bytes than the models have")
    described, arrays = _parsed(data)
    made: dict[str, dict[str, NDArray[Any]]] = {}
    for key, moved in arrays.items():
        role, _, name = key.partition(":")
        base = bases.get(role)
        if base is None or described.get(role) != base.sha256:
            raise _bad("they belong to other weights than those loaded")
        before = base.tensors.get(name)
        if before is None or before.shape != moved.shape or before.dtype.kind != "f" or moved.dtype != np.uint16:
            raise _bad(f"{name[:80]!r} does not fit")
        after = (_bits(before) + moved).view(np.float16)
        if not np.isfinite(after).all():
            raise _bad(f"{name[:80]!r} holds a number that is not finite")
        made.setdefault(role, {})[name] = after
    return {role: _joined(base, made.get(role)) for role, base in bases.items()}


def _joined(base: Weights, moved: Mapping[str, NDArray[Any]] | None) -> Weights:
    if moved is None:
        return base
    tensors = {name: moved.get(name, array) for name, array in base.tensors.items()}
    return Weights(base.kind, tensors, base.config, digest(tensors))


def _bits(array: NDArray[Any]) -> Bits:
    return np.ascontiguousarray(array, dtype=np.float16).view(np.uint16)


def _parsed(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    try:
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        described = json.loads(header["__metadata__"][_KEY])
        if described["format"] != _FORMAT or not isinstance(described["bases"], dict):
            raise _bad("they have an unknown format")
        return described["bases"], load(data)
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _bad("they cannot be read") from error


def _bad(why: str) -> EngineError:
    return EngineError("bad_voice_weights", f"The weights of this voice cannot be used here: {why}.")
