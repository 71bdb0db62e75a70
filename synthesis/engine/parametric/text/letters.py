"""Names of letters, kept apart from words while the rules run.

The letter A is not the word "a". Inside the normaliser a letter's name is one private-use character, which no rule
touches and which folding keeps out of the input; in the result it is written ``_a_``.
"""

from __future__ import annotations

import re
from typing import Final

from synthesis.engine.parametric.text import numbers

_FIRST: Final = 0xE000
MARKS: Final = f"{chr(_FIRST)}-{chr(_FIRST + 25)}"  # the inside of a character class


def spell(text: str) -> str:
    """Name the letters and digits of ``text`` one by one, in the marked form."""
    named = []
    for character in text.lower():
        if "a" <= character <= "z":
            named.append(chr(_FIRST + ord(character) - ord("a")))
        elif character in "0123456789":
            named.append(numbers.digits(character))
    return " ".join(named)


def unmark(text: str) -> str:
    """Write the marked letters as ``_x_``."""
    return re.sub(f"[{MARKS}]", lambda match: f"_{chr(ord(match[0]) - _FIRST + ord('a'))}_", text)
