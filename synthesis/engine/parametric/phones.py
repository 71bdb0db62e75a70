"""The phone inventory: the 39 ARPAbet phones of cmudict, and silence."""

from __future__ import annotations

from typing import Final

SILENCE: Final = "SIL"

VOWELS: Final = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")

CONSONANTS: Final = (
    "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH".split()  # noqa: SIM905 - one glance shows the inventory
)

PHONES: Final = (SILENCE, *VOWELS, *CONSONANTS)

PHONE_ID: Final[dict[str, int]] = {phone: index for index, phone in enumerate(PHONES)}

VOICELESS: Final = frozenset(("CH", "F", "HH", "K", "P", "S", "SH", "T", "TH", SILENCE))

STOPS: Final = frozenset(("B", "CH", "D", "G", "JH", "K", "P", "T"))

IS_VOWEL: Final = frozenset(VOWELS)


def split_stress(symbol: str) -> tuple[str, int]:
    """Split a cmudict symbol into phone and stress: ``AH0`` is ``("AH", 0)``; consonants carry stress 0."""
    if symbol[-1:].isdigit():
        return symbol[:-1], int(symbol[-1])
    return symbol, 0
