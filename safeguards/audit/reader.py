"""Reading a bundle of any length in constant memory: one JSON object whose last member is the array ``entries``.

Standard library only. The members before ``entries`` are held in memory, the entries are handed out one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

_PIECE = 1 << 16
# The largest single value: a list of 40 000 checkpoints of 250 bytes, or one entry of 32 kB twice escaped.
MAX_VALUE = 1 << 26
_SPACE = " \t\n\r"


class BundleMalformed(ValueError):
    """The file is not a bundle of this format."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise BundleMalformed(f"the member {key!r} stands twice")
        found[key] = value
    return found


class BundleReader:
    """Header of a bundle and an iterator over its entries.

    Args:
        file: the bundle, opened as text.

    Raises:
        BundleMalformed: when the file is not a JSON object with an array ``entries``.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._buffer = ""
        self._at = 0
        self._decoder = json.JSONDecoder(object_pairs_hook=_unique)
        self.header: dict[str, Any] = {}
        self._expect("{")
        while True:
            key = self._value()
            if not isinstance(key, str) or key in self.header:
                raise BundleMalformed("a member name is not a string, or stands twice")
            self._expect(":")
            if key == "entries":
                break
            self.header[key] = self._value()
            self._expect(",")
        self._expect("[")

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the entries in file order.

        Raises:
            BundleMalformed: when the array breaks off or something follows it.
        """
        if self._peek() == "]":
            self._expect("]")
        else:
            separator = ","
            while separator == ",":
                value = self._value()
                if not isinstance(value, dict):
                    raise BundleMalformed("an entry is not an object")
                yield value
                separator = self._next()
            if separator != "]":
                raise BundleMalformed("the list of entries breaks off")
        self._expect("}")
        if self._peek():
            raise BundleMalformed("something follows the bundle")

    def _more(self, size: int | None = None) -> bool:
        piece = self._file.read(size or _PIECE)
        self._buffer = self._buffer[self._at :] + piece
        self._at = 0
        return bool(piece)

    def _peek(self) -> str:
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def _next(self) -> str:
        character = self._peek()
        self._at += 1
        return character

    def _expect(self, character: str) -> None:
        found = self._next()
        if found != character:
            raise BundleMalformed(f"expected {character!r}, found {found!r}: not a bundle, or cut off")

    def _value(self) -> Any:
        self._peek()
        step = _PIECE
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                # Twice as much each time: a long value is parsed again a few times, not once per piece.
                step *= 2
                if len(self._buffer) - self._at > MAX_VALUE or not self._more(step):
                    raise BundleMalformed(f"not JSON: {error.msg}") from error
                continue
            except RecursionError as error:
                raise BundleMalformed("nested too deeply") from error
            # A number at the end of the buffer may go on in the next piece.
            if end == len(self._buffer) and self._more():
                continue
            self._at = end
            return value
