"""Numbers in Chinese characters."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "零一二三四五六七八九"
_PLACES: Final = ("", "十", "百", "千")
_LONGEST: Final = 16  # beyond it a number is read digit by digit


def digits(text: str, *, telephone: bool = False) -> str:
    """Digit by digit; in telephone numbers one is read *yao*. Other characters are dropped."""
    read = "".join(_DIGITS[int(character)] for character in text if character in "0123456789")
    return read.replace("一", "幺") if telephone else read


def cardinal(text: str) -> str:
    """A whole number of ASCII digits: ``"10500"`` is ``"一万零五百"``."""
    plain = text.lstrip("0") or "0"
    if len(plain) > _LONGEST:
        return digits(text)
    read = _large(int(plain))
    return read.removeprefix("一") if read.startswith("一十") else read


def number(text: str) -> str:
    """A number with an optional fraction; of trailing zeros one is read, as in 3.50."""
    whole, point, fraction = text.partition(".")
    read = cardinal(whole or "0")
    if not point:
        return read
    kept = fraction.rstrip("0") + ("0" if fraction.endswith("0") else "")
    return f"{read}点{digits(kept)}" if kept else read


def _large(value: int) -> str:
    for size, name in ((10**8, "亿"), (10**4, "万")):
        if value >= size:
            head, rest = divmod(value, size)
            gap = "零" if 0 < rest < size // 10 else ""
            return _large(head) + name + gap + (_large(rest) if rest else "")
    return _below_ten_thousand(value)


def _below_ten_thousand(value: int) -> str:
    if value == 0:
        return _DIGITS[0]
    read = ""
    written = str(value)
    for index, digit in enumerate(written):
        if digit != "0":
            read += _DIGITS[int(digit)] + _PLACES[len(written) - 1 - index]
        elif not read.endswith("零"):
            read += "零"
    return read.rstrip("零")
