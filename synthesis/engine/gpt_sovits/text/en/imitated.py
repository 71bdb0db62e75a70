"""English normalised as the models' makers do it, faults included; for comparison with their output.

What differs from the spoken form that ``parametric.text.normaliser`` gives is listed in ``docs/gpt-sovits.md``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from synthesis.engine.parametric.text import numbers

_UNITS: Final = {
    "m": ("meter", "meters"),
    "km": ("kilometer", "kilometers"),
    "km/h": ("kilometer per hour", "kilometers per hour"),
    "ft": ("feet", "feet"),
    "L": ("liter", "liters"),
    "tbsp": ("tablespoon", "tablespoons"),
    "tsp": ("teaspoon", "teaspoons"),
    "h": ("hour", "hours"),
    "min": ("minute", "minutes"),
    "s": ("second", "seconds"),
}
_SIGNS: Final = {"+": "plus", "-": "minus", "×": "times", "÷": "divided by", "=": "Equals"}
_MONEY: Final = {"£": ("pound", "pounds", "penny", "pence"), "$": ("dollar", "dollars", "cent", "cents")}
_FULL_STOPS: Final = str.maketrans("。！？", ".!?")

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def _words(value: int) -> str:
    """Cardinals without "and": tens hyphened to ones, groups of three parted by commas."""
    groups: list[str] = []
    for size, name in ((10**12, " trillion"), (10**9, " billion"), (10**6, " million"), (10**3, " thousand"), (1, "")):
        count, value = divmod(value, size)
        if count or (size == 1 and not groups):
            groups.append(_hundreds(count) + name)
    return ", ".join(groups)


def _hundreds(value: int) -> str:
    if value >= 1000:
        return numbers.digits(str(value))
    hundreds, rest = divmod(value, 100)
    small = numbers.cardinal(rest).replace(" ", "-")
    if not hundreds:
        return small
    return f"{numbers.cardinal(hundreds)} hundred" + (f" {small}" if rest else "")


def _ordinal(text: str) -> str:
    head, _, last = _words(int(text)).rpartition(" ")
    tens, hyphen, ones = last.rpartition("-")
    return f"{head} {tens}{hyphen}{_ORDINALS.get(ones, ones + 'th')}".strip()


_ORDINALS: Final = {numbers.cardinal(value): numbers.ordinal(value) for value in range(100)}


def _number(match: re.Match[str]) -> str:
    value = int(match[0])
    if not 1000 < value < 3000 or value == 2000:
        return _words(value) if len(match[0]) <= 15 else numbers.digits(match[0])
    if 2000 < value < 2010:
        return f"two thousand {_words(value % 100)}"
    century, rest = divmod(value, 100)
    if not rest:
        return f"{_words(century)} hundred"
    return f"{_words(century)} {'oh ' if rest < 10 else ''}{_words(rest)}"


def _money(match: re.Match[str]) -> str:
    one, many, cent, cents = _MONEY["£" if "£" in match[0] else "$"]
    parts = match["n"].split(".")
    if len(parts) > 2:
        return f"{match['n']} {many}"
    whole = int(parts[0].replace(",", "") or 0)
    small = int(parts[1].ljust(2, "0")) if len(parts) == 2 and parts[1] else 0
    spoken = [f"{whole} {one if whole == 1 else many}"] if whole else []
    if small:
        spoken.append(f"{small} {cent if small == 1 else cents}")
    return " and ".join(spoken) or f"zero {many}"


def _fraction(match: re.Match[str]) -> str:
    top, bottom = int(match["top"]), int(match["bottom"])
    if bottom == 1:
        return _words(top)
    name = ("half" if top == 1 else "halves") if bottom == 2 else _ordinal(match["bottom"]) + ("s" if top > 1 else "")
    return f"{_words(top)} {name}"


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"])
    half = "a.m." if hour < 12 else "p.m."
    hour = hour - 12 if hour > 12 else hour
    spoken = _words(minute) if minute else "o'clock"
    return f"{_words(hour)} {spoken} {half}"


def _measure(match: re.Match[str]) -> str:
    one, many = _UNITS[match["unit"]]
    return f"{match['n']} {one if match['n'] == '1' else many}"


_OPERAND: Final = r"-?\d+(?:\.\d+)?|\.\d+|[A-Za-z]"
_RULES: Final[tuple[Rule, ...]] = (
    (re.compile(r"\b(\d+)\. "), lambda m: f"{_ordinal(m[1])}, "),
    (
        re.compile(rf"(?P<left>{_OPERAND})\s+(?P<sign>[+\-×÷=])\s+(?={_OPERAND})"),
        lambda m: f"{m['left']} {_SIGNS[m['sign']]} ",
    ),
    (re.compile(r"(?:^|\s+)-(?=\d)"), lambda _: "negative "),
    (re.compile(r"\d[\d,]+\d"), lambda m: m[0].replace(",", "")),
    (re.compile(r"\b(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)\b"), _clock),
    (re.compile(r"\b(?P<n>\d+(?:\.\d+)?)(?P<unit>km/h|km|min|tbsp|tsp|ft|m|L|h|s)\b"), _measure),
    (re.compile(r"[£$](?P<n>[\d.,]*\d)"), _money),
    (re.compile(r"(?P<n>[\d.,]*\d)[£$]"), _money),
    (re.compile(r"(\d+)\.\s*(\d+)"), lambda m: f"{m[1]} point {' '.join(m[2])}"),
    (re.compile(r"(?P<top>\d+)/(?P<bottom>\d+)"), _fraction),
    (re.compile(r"(\d+)(?:st|nd|rd|th)"), lambda m: _ordinal(m[1])),
    (re.compile(r"\d+"), _number),
)


def normalise(text: str) -> str:
    """Words and ``' . , ? ! -``; capitals are parted from what stands before them."""
    text = text.translate(_FULL_STOPS)
    for pattern, replace in _RULES:
        text = pattern.sub(replace, text)
    text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    text = re.sub(r"[^ A-Za-z'.,?!\-]", "", text.replace("%", " percent"))
    text = re.sub(r"(?i)e\.g\.", "for example", re.sub(r"(?i)i\.e\.", "that is", text))
    text = re.sub(r"(?<=\S)([A-Z])", r" \1", text)
    return re.sub(r"([!?…,.\-\s])[!?…,.\-]+", r"\1", text)
