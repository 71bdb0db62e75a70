"""Evidence as JSON for a row, and back: the dataclasses of the gate and of the checks, field by field, nothing executed."""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Json = Any
T = TypeVar("T")


def to_json(value: object) -> Json:
    """Dataclasses become mappings, tuples lists, times ISO 8601; a number that is none becomes null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_json(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    number = float(value)  # type: ignore[arg-type]  # numpy's scalars among them
    return number if math.isfinite(number) else None


def from_json(kind: type[T], value: Json) -> T:
    """Rebuild a ``kind`` from what ``to_json`` made.

    Raises:
        ValueError: another shape.
    """
    try:
        return _build(kind, value)  # type: ignore[no-any-return]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not the JSON of a {kind.__name__}: {error}") from error


def text_of(value: Mapping[str, Json]) -> str:
    """One line of JSON, the same for the same content: what a commitment is made over."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _optional(item: Field[Any]) -> bool:
    return item.default is not MISSING or item.default_factory is not MISSING


def _build(kind: Any, value: Json) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return None if value is None else _build(next(part for part in inner if part is not type(None)), value)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        # A field that came later than the row was written takes its default.
        present = [item for item in fields(kind) if item.name in value or not _optional(item)]
        return kind(**{item.name: _build(hints[item.name], value[item.name]) for item in present})  # type: ignore[operator]
    if origin is tuple:
        return tuple(_build(inner[0], item) for item in value)
    if origin is dict:
        return {key: _build(inner[1], item) for key, item in value.items()}
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is float:
        return math.nan if value is None else float(value)
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
