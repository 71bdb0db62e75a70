"""Written English to spoken words.

A list of rewriting rules, tried in order on folded text; each turns one kind of written form into plain words. What is
left at the end are lower-case words of ``a-z`` and ``'``, and the punctuation marks ``, ; : . ? !``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from synthesis.engine.parametric.text import numbers
from synthesis.engine.parametric.text import vocabulary as vocab
from synthesis.engine.parametric.text.dates import DATE_RULES
from synthesis.engine.parametric.text.folding import fold
from synthesis.engine.parametric.text.letters import MARKS, spell, unmark

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

_NUMBER: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALE_WORDS: Final = "|".join(sorted(vocab.SCALES, key=len, reverse=True))
_UNIT_WORDS: Final = "|".join(re.escape(unit) for unit in sorted(vocab.UNITS, key=len, reverse=True))
_TOP_LEVEL: Final = "com|org|net|edu|gov|io|uk|de|dev|info|ai|app|eu|us|co"


def _spoken_address(text: str) -> str:
    """A host, path or mailbox: words stay words, signs get names."""
    text = re.sub(r"^https?://", "", text.rstrip("/"), flags=re.IGNORECASE)
    text = re.sub(r"^www\.", f"{spell('www')} dot ", text, flags=re.IGNORECASE)
    names = {".": " dot ", "@": " at ", "/": " slash ", "-": " dash ", "_": " underscore ", ":": " colon "}
    names |= {"?": " question mark ", "=": " equals ", "&": " and ", "#": " hash ", "+": " plus ", "%": " percent "}
    text = "".join(names.get(character, character) for character in text)
    text = re.sub(r"\d+", lambda match: f" {numbers.digits(match[0])} ", text)
    return re.sub(rf"[^A-Za-z{MARKS}' ]", " ", text)


def _money(match: re.Match[str]) -> str:
    one, many, cent, cents = vocab.CURRENCIES[match["sign"]]
    amount = match["amount"].replace(",", "")
    if match["scale"]:
        return f" {numbers.decimal(amount)} {vocab.SCALES[match['scale'].lower()]} {many} "
    whole, _, fraction = amount.partition(".")
    if len(fraction) != 2:
        return f" {numbers.decimal(amount)} {one if amount == '1' else many} "
    units, subunits = int(whole), int(fraction)
    parts = []
    if units or not subunits:
        parts.append(f"{numbers.integer(whole)} {one if units == 1 else many}")
    if subunits:
        parts.append(f"{numbers.cardinal(subunits)} {cent if subunits == 1 else cents}")
    return f" {' and '.join(parts)} "


def _measure(match: re.Match[str]) -> str:
    if match["unit"].lower() in vocab.ALSO_WORDS and match["gap"]:
        return match[0]
    unit = vocab.UNITS[match["unit"].lower()]
    if match["amount"] != "1" and unit not in vocab.UNCHANGED_PLURALS:
        head, *rest = unit.split(" ")
        unit = " ".join((vocab.IRREGULAR_PLURALS.get(head, head + "s"), *rest))
    return f" {numbers.decimal(match['amount'])} {unit} "


def _fraction(match: re.Match[str]) -> str:
    whole, top, bottom = match["whole"], int(match["top"]), int(match["bottom"])
    if bottom == 0 or bottom > 100 or top > 100:
        return f" {numbers.cardinal(top)} slash {numbers.cardinal(bottom)} "
    name = {2: "half", 4: "quarter"}.get(bottom) or numbers.ordinal(bottom)
    if top != 1:
        name = "halves" if bottom == 2 else name + "s"
    if not whole:
        return f" {numbers.cardinal(top)} {name} "
    return f" {numbers.integer(whole)} and {'a' if top == 1 else numbers.cardinal(top)} {name} "


def _telephone(match: re.Match[str]) -> str:
    groups = re.findall(r"\d+", match[0])
    prefix = " plus " if match[0].lstrip().startswith("+") else " "
    return prefix + ", ".join(numbers.digits(group) for group in groups) + " "


def _abbreviation(match: re.Match[str]) -> str:
    word, dot, number_next = match["word"].lower(), match["dot"], match["next"]
    if word not in vocab.ABBREVIATIONS or (word in vocab.BEFORE_NUMBER and number_next is None):
        return match[0]
    if not dot and word not in vocab.ALWAYS:
        return match[0]
    if word in vocab.AFTER_NUMBER and not re.search(r"\d\s*$", match.string[: match.start()]):
        return match[0]
    sentence_ends = re.match(r"\s*$", match.string[match.end() :]) is not None
    return vocab.ABBREVIATIONS[word] + (". " if dot and sentence_ends else " ")


def _initials(match: re.Match[str]) -> str:
    ends = match.end() == len(match.string) or re.match(r"\s*$", match.string[match.end() :]) is not None
    return f" {spell(match[0])}{'.' if ends else ''} "


def _capitals(match: re.Match[str]) -> str:
    """Capitals without a vowel, or of two or three letters, are spelled; a shouted sentence is not."""
    word = match["word"]
    shouted = not re.search(r"[a-z]", match.string)
    pronounceable = re.search(r"[AEIOUY]", word) is not None
    if (pronounceable and shouted) or (pronounceable and len(word) > 3):
        return match[0]
    if word == "OK":
        return "okay"
    if pronounceable and word.lower() in vocab.SHORT_WORDS:
        return match[0]
    return f" {spell(word)}{chr(39) + 's' if match['plural'] else ''} "


def _compile(pattern: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile(pattern, flags)


_RULES: Final[tuple[Rule, ...]] = (
    (_compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), lambda m: f" {_spoken_address(m[0])} "),
    (_compile(r"https?://[^\s<>\"')]*[^\s<>\"').,;:!?]"), lambda m: f" {_spoken_address(m[0])} "),
    (
        _compile(rf"\b(?:www\.)?(?:[a-z0-9-]+\.)+(?:{_TOP_LEVEL})\b(?:/[^\s<>\"')]*[^\s<>\"').,;:!?])?"),
        lambda m: f" {_spoken_address(m[0])} ",
    ),
    *DATE_RULES,
    (
        _compile(rf"(?P<sign>[$£€¥₹])\s?(?P<amount>{_NUMBER})(?:\s?(?P<scale>{_SCALE_WORDS})\b)?"),
        _money,
    ),
    (_compile(r"(?<![\d.])\+?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}\b"), _telephone),
    (_compile(r"\+\d{1,3}(?:[ -]\d{2,5}){2,5}\b"), _telephone),
    (
        _compile(r"(?<![\d/.])(?:(?P<whole>\d{1,4})\s+)?(?P<top>\d{1,4})/(?P<bottom>\d{1,4})(?![\d/])"),
        _fraction,
    ),
    (_compile(rf"(?<![\w.-])\s-(?=(?:{_NUMBER})\s?(?:{_UNIT_WORDS})(?![\w/]))"), lambda _: " minus "),
    (
        _compile(rf"(?<![\w.])(?P<amount>{_NUMBER})(?P<gap>\s?)-?(?P<unit>{_UNIT_WORDS})(?![\w/])"),
        _measure,
    ),
    (_compile(r"\b(?P<n>\d{1,3}(?:,\d{3})+|\d+)(?:st|nd|rd|th)\b"), lambda m: f" {_ordinal(m['n'])} "),
    (_compile(r"(?<=\d)\s?[-]\s?(?=\d)"), lambda _: " to "),
    (_compile(r"(?<=\d):(?=\d)"), lambda _: " "),
    (
        _compile(r"(?P<word>\b[a-z]{2,6}\b)(?P<dot>\.?)(?P<next>(?=\s*\d))?(?:(?<=\.)|(?!\.))"),
        _abbreviation,
    ),
    (_compile(r"\b(?:e\.g\.|i\.e\.|a\.k\.a\.|p\.s\.)"), lambda m: f"{vocab.LATIN[m[0].lower()]} "),
    (_compile(r"\b(?:[a-z]\.){2,}"), _initials),
    (_compile(r"\b(?P<word>[A-Z]{2,5})(?P<plural>'?s)?\b", 0), _capitals),
    (_compile(rf"(?<![\w.])-(?P<n>{_NUMBER})"), lambda m: f" minus {numbers.decimal(m['n'])} "),
    (_compile(_NUMBER), lambda m: f" {numbers.decimal(m[0])} "),
    (_compile(r"(?<=[a-z])-(?=[a-z])"), lambda _: " "),
    (_compile(r"\s-+\s"), lambda _: ", "),
    (_compile(r"\.{2,}"), lambda _: ", "),
    (_compile(r"(?<!\w)'(?!\w)|(?<=\s)'|'(?=\s|$)"), lambda _: " "),
    (_compile(r"[()\[\]{}\"]"), lambda _: ", "),
    (_compile(r"[%&+=@#°§$£€¥₹¢<>*^~/\\_|`]"), lambda m: f" {vocab.SIGNS[m[0]]} "),
)


def _ordinal(text: str) -> str:
    plain = text.replace(",", "")
    return numbers.ordinal(int(plain)) if len(plain) <= 15 else numbers.digits(plain)


def normalise(text: str) -> str:
    """Spoken form of ``text``: words of ``a-z'`` (letter names as ``_x_``) and the marks ``, ; : . ? !``.

    Never raises; empty exactly when nothing in ``text`` has a reading in English.
    """
    spoken = f" {fold(text)} "
    for pattern, replace in _RULES:
        spoken = pattern.sub(replace, spoken)
    spoken = re.sub(rf"[^a-z{MARKS}',;:.?!]+", " ", spoken.lower())
    spoken = re.sub(rf"(?<![a-z{MARKS}])'+|'+(?![a-z])", " ", spoken)
    spoken = re.sub(r"\s*([,;:.?!])[\s,;:.?!]*", _strongest_mark, spoken)
    spoken = unmark(re.sub(r"\s+", " ", spoken).lstrip(" ,;:.?!").rstrip(" ,;:"))
    return spoken if re.search(r"[a-z]", spoken) else ""


def _strongest_mark(match: re.Match[str]) -> str:
    marks = match[0]
    return next(mark for mark in "?!.;:," if mark in marks) + " "
