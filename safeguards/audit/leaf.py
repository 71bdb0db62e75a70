"""The record that is hashed: its fields, its limits, its one sequence of bytes.

Known to the writer and to the stand-alone verifier alike; standard library and ``safeguards.crypto.canonical`` only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from safeguards.crypto.canonical import JSON, canonical_bytes, parse_canonical

VERSION = 1
WORLDS = frozenset({"live", "sandbox"})
PREV_OF_FIRST = "0" * 64
MAX_STRING = 512
MAX_BODY_BYTES = 16_384
MAX_LEAF_BYTES = 32_768
_FIELDS = frozenset({"v", "index", "prev", "type", "at", "actor", "subject", "world", "body"})
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_TIME_FORM = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}\.[0-9]{6}Z")
_HEX = re.compile(r"[0-9a-f]{64}")
# A kind and an opaque id. Spaces, @ and anything beyond ASCII are refused: names, addresses and texts do not fit in
# here.
_ID = re.compile(r"[a-z][a-z0-9_-]{0,31}(:[A-Za-z0-9._/-]{1,95})?")


@dataclass(frozen=True, slots=True)
class Record:
    """One leaf, read and checked."""

    index: int
    prev: str
    type: int
    at: str
    actor: str
    subject: str
    world: str
    body: Mapping[str, JSON]


def time_text(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds, always the same width.

    Raises:
        ValueError: for a naive time.
    """
    if at.tzinfo is None:
        raise ValueError("the time of an entry must carry its zone")
    return at.astimezone(UTC).strftime(_TIME)


def check_id(value: str, field: str) -> str:
    """Check the form ``kind:id`` of an actor or subject.

    Raises:
        ValueError: for another form.
    """
    if not _ID.fullmatch(value):
        raise ValueError(f"{field} must be 'kind:id' in plain ASCII without spaces (no names, no addresses)")
    return value


def check_body(value: JSON, path: str = "body") -> None:
    """Check the values of a body.

    Raises:
        TypeError: a value that is not str, int, bool, None, list or mapping.
        ValueError: a string longer than 512 characters.
    """
    if value is None or isinstance(value, bool | int):
        return
    if isinstance(value, str):
        if len(value) > MAX_STRING:
            raise ValueError(f"{path} is longer than {MAX_STRING} characters: log a digest or a commitment instead")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{path} has a key that is {type(key).__name__}; keys are strings")
            check_body(key, f"{path} key")
            check_body(item, f"{path}.{key[:40]}")
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value):
            check_body(item, f"{path}[{position}]")
    else:
        raise TypeError(f"{path} is {type(value).__name__}; the log takes str, int, bool, None, list and dict only")


def leaf_bytes(
    *, index: int, prev: str, event: int, at: datetime, actor: str, subject: str, world: str, body: Mapping[str, JSON]
) -> bytes:
    """Build the canonical bytes of a leaf.

    Raises:
        TypeError: a body value of a type the log does not take.
        ValueError: any other field out of its limits.
    """
    if world not in WORLDS:
        raise ValueError(f"world must be 'live' or 'sandbox', got {world!r}")
    check_body(body)
    if len(canonical_bytes(body)) > MAX_BODY_BYTES:
        raise ValueError(f"the body exceeds {MAX_BODY_BYTES} bytes: log digests instead")
    return canonical_bytes(
        {
            "v": VERSION,
            "index": index,
            "prev": prev,
            "type": event,
            "at": time_text(at),
            "actor": check_id(actor, "actor"),
            "subject": check_id(subject, "subject"),
            "world": world,
            "body": body,
        }
    )


def parse_leaf(data: bytes) -> Record:
    """Read the bytes of a leaf back, trusting nothing.

    Raises:
        ValueError: when they are not the canonical bytes of a leaf of this version.
    """
    if len(data) > MAX_LEAF_BYTES:
        raise ValueError(f"a leaf has at most {MAX_LEAF_BYTES} bytes")
    value = parse_canonical(data)
    if not isinstance(value, dict) or value.keys() != _FIELDS:
        raise ValueError("a leaf has exactly the fields " + ", ".join(sorted(_FIELDS)))
    if value["v"] is True or value["v"] != VERSION:
        raise ValueError(f"leaf version {value['v']} is unknown: use a newer verifier")
    return Record(
        index=_integer(value["index"], "index"),
        prev=_matching(value["prev"], _HEX, "prev"),
        type=_integer(value["type"], "type"),
        at=_time(value["at"]),
        actor=_matching(value["actor"], _ID, "actor"),
        subject=_matching(value["subject"], _ID, "subject"),
        world=_world(value["world"]),
        body=_body(value["body"]),
    )


def _integer(value: JSON, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{field} is not a natural number")
    return value


def _matching(value: JSON, pattern: re.Pattern[str], field: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{field} does not have the form {pattern.pattern}")
    return value


def _time(value: JSON) -> str:
    if not isinstance(value, str) or not _TIME_FORM.fullmatch(value):
        raise ValueError("at is not a time in UTC with microseconds")
    datetime.fromisoformat(value)
    return value


def _world(value: JSON) -> str:
    if not isinstance(value, str) or value not in WORLDS:
        raise ValueError("world is neither live nor sandbox")
    return value


def _body(value: JSON) -> Mapping[str, JSON]:
    if isinstance(value, str | Sequence) or not isinstance(value, Mapping):
        raise ValueError("body is not an object")
    return value
