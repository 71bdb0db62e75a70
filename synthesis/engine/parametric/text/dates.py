"""Rules for dates, times and years."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from synthesis.engine.parametric.text import numbers
from synthesis.engine.parametric.text import vocabulary as vocab
from synthesis.engine.parametric.text.letters import spell

_MONTH: Final = "|".join(sorted((*vocab.MONTHS, *vocab.MONTH_ABBREVIATIONS), key=len, reverse=True))


def _month_name(text: str) -> str:
    plain = text.lower().rstrip(".")
    return vocab.MONTH_ABBREVIATIONS.get(plain, plain)


def _year_suffix(text: str | None) -> str:
    return f", {numbers.year(int(text))}" if text else ""


def _month_day(match: re.Match[str]) -> str:
    day = int(match["day"])
    if not 1 <= day <= 31:
        return match[0]
    return f" {_month_name(match['month'])} {numbers.ordinal(day)}{_year_suffix(match['year'])} "


def _day_month(match: re.Match[str]) -> str:
    day = int(match["day"])
    if not 1 <= day <= 31:
        return match[0]
    return f" the {numbers.ordinal(day)} of {_month_name(match['month'])}{_year_suffix(match['year'])} "


def _iso_date(match: re.Match[str]) -> str:
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return " ".join(f" {numbers.integer(part)}" for part in (match["year"], match["month"], match["day"])) + " "
    return f" {vocab.MONTHS[month - 1]} {numbers.ordinal(day)}, {numbers.year(year)} "


def _slash_date(match: re.Match[str]) -> str:
    """Month first, as in the United States; day first where only that is a date."""
    first, second, year = int(match["first"]), int(match["second"]), match["year"]
    month, day = (first, second) if first <= 12 else (second, first)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return match[0]
    full = int(year) + (0 if len(year) == 4 else 2000 if int(year) < 50 else 1900)
    return f" {vocab.MONTHS[month - 1]} {numbers.ordinal(day)}, {numbers.year(full)} "


def _clock(match: re.Match[str]) -> str:
    hour, minute, half = int(match["hour"]), int(match["minute"] or 0), match["half"]
    if hour > 24 or minute > 59:
        return match[0]
    spoken = numbers.cardinal(hour)
    if minute:
        spoken += f" {'oh ' if minute < 10 else ''}{numbers.cardinal(minute)}"
    elif not half:
        spoken += " o'clock" if 1 <= hour <= 12 else " hundred hours"
    if half:
        spoken += f" {spell(half)}"
    return f" {spoken} "


def _hour_with_half(match: re.Match[str]) -> str:
    return f" {numbers.cardinal(int(match['hour']))} {spell(match['half'])} "


def _decade(match: re.Match[str]) -> str:
    value = int(match["year"])
    if len(match["year"]) == 2:
        return f" {numbers.plural(numbers.cardinal(value))} "
    return f" {numbers.plural(numbers.year(value))} "


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


DATE_RULES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (_compile(r"(?<![\d-])(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?![\d-])"), _iso_date),
    (_compile(r"(?<![\d/])(?P<first>\d{1,2})/(?P<second>\d{1,2})/(?P<year>\d{4}|\d\d)(?![\d/])"), _slash_date),
    (
        _compile(rf"\b(?P<month>{_MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{{4}}))?\b(?!:)"),
        _month_day,
    ),
    (
        _compile(
            rf"\b(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH})\b\.?"
            r"(?:,?\s+(?P<year>\d{4})\b)?"
        ),
        _day_month,
    ),
    (
        _compile(r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::\d\d)?\s?(?P<half>[ap]\.?m\b\.?)?(?![\d:])"),
        _clock,
    ),
    (_compile(r"(?<![\d.,])(?P<hour>1[0-2]|[1-9])\s?(?P<half>[ap]\.?m\b)"), _hour_with_half),
    (_compile(r"(?<![\d.,])'?(?P<year>1[1-9]\d0|20\d0|[2-9]0)'?s\b"), _decade),
    (
        _compile(r"(?<![\d.,$£€¥₹#-])(?P<year>1[1-9]\d\d|20\d\d)(?![\d,]*\d|\.\d|\s?%)"),
        lambda match: f" {numbers.year(int(match['year']))} ",
    ),
)
