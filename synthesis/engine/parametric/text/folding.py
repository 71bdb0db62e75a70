"""Unicode down to the characters that the rules know: ASCII letters, digits, and a few signs with a spoken name."""

from __future__ import annotations

import unicodedata
from typing import Final

_PLAIN: Final = {
    "‘": "'",
    "’": "'",
    "‚": ",",
    "‛": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "′": "'",
    "‐": "-",
    "‑": "-",
    "‒": "-",
    "–": " - ",
    "—": " - ",
    "―": " - ",
    "−": "-",
    "…": "... ",
    "·": " ",
    "•": ", ",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "ø": "o",
    "Ø": "O",
    "ß": "ss",
    "ð": "th",
    "þ": "th",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "ı": "i",
    "×": " times ",
    "÷": " divided by ",
    "±": " plus or minus ",
    "≈": " about ",
    "≤": " at most ",
    "≥": " at least ",
    "≠": " is not equal to ",
    "→": " to ",
    "∞": " infinity ",
    "√": " square root of ",
    "π": " pi ",
    "µ": "u",
    "μ": "u",
    "½": " 1/2",
    "¼": " 1/4",
    "¾": " 3/4",
    "⅓": " 1/3",
    "⅔": " 2/3",
    "№": " number ",
    "™": "",
    "®": "",
    "©": " copyright ",
    "。": ". ",
    "，": ", ",
    "！": "! ",
    "？": "? ",
    "、": ", ",
}
_KEPT: Final = frozenset("€£¥¢₹°§")
_WRITTEN: Final = str.maketrans(_PLAIN)


def fold(text: str) -> str:
    """ASCII and a few named signs; accents are dropped, what has no reading in English becomes a space."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_WRITTEN)).translate(_WRITTEN).replace("⁄", "/")
    kept = []
    for character in decomposed:
        if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
            continue
        known = character.isascii() and character.isprintable()
        kept.append(character if known or character in _KEPT else " ")
    return "".join(kept)
