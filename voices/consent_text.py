"""The consent statements: versioned texts that name the owner, the platform, the scope and the day, made to be spoken.

A version is never edited: a new wording takes a new version, and old consents keep the exact text that was spoken (sealed in
their row). English numbers are words, because the check of the spoken statement knows words only; and the
English wording avoids places where the check for an inserted "not" or "no" is easily deceived ("my voice", "that ...").
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from voices.errors import Invalid
from voices.scope import LANGUAGES, PURPOSES

PLATFORM = "Viva Voce"
_ENGLISH_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_GERMAN_MONTHS = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]
_ENGLISH_DAYS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "twenty-first",
    "twenty-second",
    "twenty-third",
    "twenty-fourth",
    "twenty-fifth",
    "twenty-sixth",
    "twenty-seventh",
    "twenty-eighth",
    "twenty-ninth",
    "thirtieth",
    "thirty-first",
]
_UNITS = [
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
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def _english_pair(number: int) -> str:
    """1 to 99 in words."""
    if number < 20:
        return _UNITS[number - 1]
    tens = _TENS[number // 10 - 2]
    return tens if number % 10 == 0 else f"{tens}-{_UNITS[number % 10 - 1]}"


def _english_date(day: date) -> str:
    century, rest = divmod(day.year, 100)
    year = _english_pair(century) + (" hundred" if rest == 0 else f" {'oh ' if rest < 10 else ''}{_english_pair(rest)}")
    return f"the {_ENGLISH_DAYS[day.day - 1]} of {_ENGLISH_MONTHS[day.month - 1]}, {year}"


def _german_date(day: date) -> str:
    return f"der {day.day}. {_GERMAN_MONTHS[day.month - 1]} {day.year}"


def _chinese_date(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


@dataclass(frozen=True, slots=True)
class _Wording:
    language: str
    template: str
    between: str
    last: str
    date: Callable[[date], str]

    def listed(self, codes: Sequence[str], names: Mapping[str, Mapping[str, str]]) -> str:
        spoken = [names[code][self.language] for code in codes]
        return self.last.join(filter(None, [self.between.join(spoken[:-1]), spoken[-1]]))


_WORDINGS: Mapping[str, _Wording] = {
    "2026-11/en": _Wording(
        "en",
        "My name is {name}. Today is {date}. I allow {platform} to learn how I sound, and to speak like me for {purposes}, "
        "in {languages}. I can take this back at any time.",
        ", ",
        " and ",
        _english_date,
    ),
    "2026-11/de": _Wording(
        "de",
        "Mein Name ist {name}. Heute ist {date}. Ich erlaube {platform} zu lernen, wie ich klinge, und zu sprechen wie ich: "
        "Zweck {purposes}, Sprache {languages}. Ich kann das jederzeit zurücknehmen.",
        ", ",
        " und ",
        _german_date,
    ),
    "2026-11/zh": _Wording(
        "zh",
        "我的名字是{name}。今天是{date}。我允许{platform}学习我的声音，并像我一样说话，用于{purposes}，语言为{languages}。我可以随时撤回。",
        "、",
        "和",
        _chinese_date,
    ),
}
_CURRENT = {"en": "2026-11/en", "de": "2026-11/de", "zh": "2026-11/zh"}


def current_version(language: str) -> str:
    """The version that new consents in this language are spoken in.

    Raises:
        Invalid: ``text_language_unknown``.
    """
    try:
        return _CURRENT[language]
    except KeyError:
        known = ", ".join(_CURRENT)
        raise Invalid(
            "text_language_unknown", f"There is no consent statement in {language[:8]!r}. Choose one of: {known}."
        ) from None


def statement(
    version: str, *, name: str, purposes: Sequence[str], languages: Sequence[str], day: date, platform: str = PLATFORM
) -> str:
    """The exact text to be spoken.

    Raises:
        KeyError: the version never existed.
    """
    wording = _WORDINGS[version]
    return wording.template.format(
        name=name,
        date=wording.date(day),
        platform=platform,
        purposes=wording.listed(purposes, PURPOSES),
        languages=wording.listed(languages, LANGUAGES),
    )


def digest(text: str) -> str:
    """SHA-256 of the text in UTF-8, hex."""
    return hashlib.sha256(text.encode()).hexdigest()
