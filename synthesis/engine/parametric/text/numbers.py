"""Numbers in English words."""

from __future__ import annotations

from typing import Final

_ONES: Final = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_TENS: Final = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905 - reads as a table
_SCALES: Final = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS: Final = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
LARGEST: Final = 10**15 - 1


def digits(text: str) -> str:
    """Digit by digit: ``"007"`` is ``"zero zero seven"``. Other characters are dropped."""
    return " ".join(_ONES[int(character)] for character in text if character in "0123456789")


def cardinal(value: int) -> str:
    """A number in words; beyond ``LARGEST`` digit by digit."""
    if value < 0:
        return "minus " + cardinal(-value)
    if value > LARGEST:
        return digits(str(value))
    if value < 20:
        return _ONES[value]
    if value < 100:
        tens, ones = divmod(value, 10)
        return _TENS[tens] + (f" {_ONES[ones]}" if ones else "")
    for scale, name in _SCALES:
        if value >= scale:
            count, rest = divmod(value, scale)
            joint = " and " if rest < 100 and scale in (100, 1000) else " "
            return f"{cardinal(count)} {name}" + (joint + cardinal(rest) if rest else "")
    raise AssertionError(value)


def ordinal(value: int) -> str:
    """First, second, …"""
    head, _, last = cardinal(value).rpartition(" ")
    if last in _ORDINALS:
        last = _ORDINALS[last]
    elif last.endswith("y"):
        last = last[:-1] + "ieth"
    else:
        last += "th"
    return f"{head} {last}".strip()


def year(value: int) -> str:
    """A year as it is said: 1984 ``nineteen eighty four``, 1905 ``nineteen oh five``, 2007 ``two thousand and seven``."""
    century, rest = divmod(value, 100)
    if not 1000 <= value <= 9999 or (value // 10) % 100 == 0 or value % 1000 == 0:
        return cardinal(value)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def decimal(text: str) -> str:
    """``"3.14"`` is ``"three point one four"``; thousands separators are ignored."""
    whole, _, fraction = text.replace(",", "").partition(".")
    words = integer(whole or "0")
    return f"{words} point {digits(fraction)}" if fraction else words


def integer(text: str) -> str:
    """An integer written out: leading zeros make it a code, read digit by digit."""
    plain = text.replace(",", "")
    if (len(plain) > 1 and plain[0] == "0") or len(plain) > 15:
        return digits(plain)
    return cardinal(int(plain))


def plural(words: str) -> str:
    """The plural of number words: ``twenty`` to ``twenties``."""
    if words.endswith("y"):
        return words[:-1] + "ies"
    return words + ("es" if words.endswith("x") else "s")
