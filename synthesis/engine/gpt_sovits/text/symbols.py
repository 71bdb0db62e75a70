"""The symbols that the models embed. A symbol's number is its place in the list, so the order may never change.

Version 2 extends version 1: its first 322 symbols are version 1's; Korean, Cantonese and Japanese pitch follow.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

Version = Literal["v1", "v2"]

_ALL: Final = tuple((Path(__file__).parent / "data" / "symbols.txt").read_text("utf-8").split("\n")[:-1])

SYMBOLS_V1: Final = _ALL[:322]
SYMBOLS_V2: Final = _ALL
SYMBOLS: Final[dict[Version, tuple[str, ...]]] = {"v1": SYMBOLS_V1, "v2": SYMBOLS_V2}
UNKNOWN: Final = "UNK"
MARKS: Final = frozenset("!?…,.-")

_IDS: Final = {symbol: index for index, symbol in enumerate(_ALL)}


def known(symbol: str, version: Version) -> bool:
    """Whether the version's models have an embedding for ``symbol``."""
    return _IDS.get(symbol, len(_ALL)) < len(SYMBOLS[version])


def ids(names: Iterable[str], version: Version) -> tuple[int, ...]:
    """Numbers of symbols; a symbol that the version lacks is ``UNK``."""
    return tuple(_IDS[name if known(name, version) else UNKNOWN] for name in names)
