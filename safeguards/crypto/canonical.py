"""One JSON value, one sequence of bytes: the RFC 8785 (JCS) subset without fractions.

Floats are left out on purpose: their shortest decimal form is the one part of RFC 8785 that implementations get wrong,
and nothing in a record needs them. Integers stay within ±(2**53 − 1), where every JSON reader agrees on them (RFC 7493
§2.2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

JSON: TypeAlias = "str | int | bool | Sequence[JSON] | Mapping[str, JSON] | None"

MAX_INTEGER = 2**53 - 1
# For ASCII text, code points and UTF-16 units sort alike, and the C encoder writes the canonical form.
_ASCII_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical_bytes(obj: object) -> bytes:
    """Serialise ``obj`` per RFC 8785: no spaces, keys sorted by UTF-16 code units, UTF-8.

    Args:
        obj: str, int, bool, None, and lists, tuples or mappings with string keys of them.

    Raises:
        TypeError: for any other type, floats among them.
        ValueError: for an integer beyond ±(2**53 − 1) or a string holding a lone surrogate.
    """
    parts: list[str] = []
    _write(obj, parts)
    try:
        return "".join(parts).encode()
    except UnicodeEncodeError as error:
        raise ValueError("a string holds a lone surrogate, which has no UTF-8 form") from error


def parse_canonical(data: bytes) -> JSON:
    """Read bytes that :func:`canonical_bytes` wrote, and nothing else.

    Raises:
        ValueError: when the bytes are not JSON, not UTF-8, or not the canonical form of what they say.
    """
    try:
        value: JSON = _DECODER.decode(data.decode())
        same = _ASCII_ENCODER.encode(value).encode() if data.isascii() else canonical_bytes(value)
    except (RecursionError, TypeError) as error:
        raise ValueError(f"not canonical JSON: {error}") from error
    if same != data:
        raise ValueError("not in canonical form (RFC 8785)")
    return value


def _integer(text: str) -> int:
    # Longer than any allowed number; keeps a crafted one from being parsed at quadratic cost.
    if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
        raise ValueError("integers must lie within ±(2**53 − 1)")
    return int(text)


def _refuse_number(text: str) -> JSON:
    raise ValueError(f"only integers are allowed, got {text}")


_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_refuse_number, parse_constant=_refuse_number)


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _write(obj: object, parts: list[str]) -> None:
    if obj is None or isinstance(obj, bool):
        parts.append(json.dumps(obj))
    elif isinstance(obj, int):
        if not -MAX_INTEGER <= obj <= MAX_INTEGER:
            raise ValueError(f"integers must lie within ±(2**53 − 1), got {int(obj)}")
        parts.append(str(int(obj)))
    elif isinstance(obj, str):
        # Python's escapes are exactly those of RFC 8785 §3.2.2.2: short forms where they exist, else lower-case \u00xx.
        parts.append(json.dumps(str.__str__(obj), ensure_ascii=False))
    elif isinstance(obj, list | tuple):
        _write_items(obj, parts)
    elif isinstance(obj, Mapping):
        _write_members(obj, parts)
    else:
        raise TypeError(f"{type(obj).__name__} has no canonical form; use str, int, bool, None, list or dict")


def _write_items(items: list[object] | tuple[object, ...], parts: list[str]) -> None:
    parts.append("[")
    for position, item in enumerate(items):
        if position:
            parts.append(",")
        _write(item, parts)
    parts.append("]")


def _write_members(members: Mapping[object, object], parts: list[str]) -> None:
    keys: list[str] = []
    for key in members:
        if not isinstance(key, str):
            raise TypeError(f"object keys must be strings, got {type(key).__name__}")
        keys.append(key)
    parts.append("{")
    for position, key in enumerate(sorted(keys, key=_utf16)):
        if position:
            parts.append(",")
        _write(key, parts)
        parts.append(":")
        _write(members[key], parts)
    parts.append("}")
