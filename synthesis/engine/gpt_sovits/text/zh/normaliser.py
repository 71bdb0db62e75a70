"""Written Chinese to the characters that are spoken, and the marks ``! ? … , . -``.

A list of rewriting rules, tried in order, each for one kind of written form. ``imitate`` keeps what the models' makers'
own normaliser does where it is at fault; ``docs/gpt-sovits.md`` lists these places.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Final

import opencc

from synthesis.engine.gpt_sovits.text.zh import numbers, units

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

HAN: Final = "一-龥"
_NUMBER: Final = r"\d+(?:\.\d+)?"
_UNIT: Final = "|".join(re.escape(unit) for unit in sorted(units.MEASURES, key=len, reverse=True))
_MARKS: Final = {
    "：": ",",
    "；": ",",
    ";": ",",
    "，": ",",
    "、": ",",
    "·": ",",
    "。": ".",
    "！": "!",
    "？": "?",
    "\n": ".",
    "…": "…",
    "～": "…",
    "~": "…",
    "$": ".",
    "/": ",",
    "—": "-",
}
_UNSOUNDED: Final = re.compile(r"[—《》【】<=>{}()（）#&@“”^_|\\\s]")
_CIRCLED: Final = dict(zip("①②③④⑤⑥⑦⑧⑨⑩", "一二三四五六七八九十", strict=True))


def _date(match: re.Match[str]) -> str:
    month = f"{numbers.cardinal(match['month'])}月" if match["month"] else ""
    day = f"{numbers.cardinal(match['day'])}{match['sign']}" if match["day"] else ""
    return f"{numbers.digits(match['year'])}年{month}{day}"


def _plain_date(match: re.Match[str]) -> str:
    return f"{numbers.digits(match['year'])}年{numbers.cardinal(match['month'])}月{numbers.cardinal(match['day'])}日"


def _clock(match: re.Match[str]) -> str:
    hour, minute, second = match["hour"], match["minute"], match["second"]
    read = f"{numbers.cardinal(hour)}点"
    if minute == "30" and not second:
        return read + "半"
    if int(minute):
        read += f"{'零' if minute[0] == '0' else ''}{numbers.cardinal(minute)}分"
    if second and int(second):
        read += f"{'零' if second[0] == '0' else ''}{numbers.cardinal(second)}秒"
    return read


def _degrees(match: re.Match[str]) -> str:
    below = "零下" if match["sign"] else ""
    unit = "华氏度" if match["unit"] in ("°F", "℉") else "度"
    return f"{below}{numbers.number(match['n'])}{unit}"


def _signed(text: str) -> str:
    return ("负" if text.startswith("-") else "") + numbers.number(text.lstrip("-"))


def _counted(match: re.Match[str]) -> str:
    read = numbers.cardinal(match["n"])
    more = "多" if match["more"] == "+" else match["more"] or ""
    return f"{'两' if read == '二' else read}{more}"


def _bare(match: re.Match[str]) -> str:
    """A number that counts nothing: a code when it begins with nought, is long, or is called one."""
    written = match["n"]
    called = re.search(rf"(?:{units.CODES})[为是：:,，]?$", match.string[: match.start()]) is not None
    if called or (len(written) > 1 and written[0] == "0") or len(written) > 8:
        return numbers.digits(written, telephone=called or len(written) > 8)
    return numbers.cardinal(written)


def _telephone(match: re.Match[str]) -> str:
    return ",".join(numbers.digits(part, telephone=True) for part in match[0].lstrip("+").split("-") if part)


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


_TIME: Final = r"(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?"
_DATES: Final[tuple[Rule, ...]] = (
    (
        _compile(
            r"(?P<year>\d{4}|(?<!\d)\d\d)年(?:(?P<month>0?[1-9]|1[0-2])月(?:(?P<day>0?[1-9]|[12]\d|3[01])(?P<sign>[日号]))?)?"
        ),
        _date,
    ),
    (
        _compile(r"(?<!\d)(?P<year>\d{4})([-/.])(?P<month>0?[1-9]|1[0-2])\2(?P<day>0[1-9]|[12]\d|3[01]|[1-9])(?!\d)"),
        _plain_date,
    ),
    (_compile(r"(?<=:\d\d)[-~](?=\d{1,2}:\d\d)"), lambda _: "至"),
    (_compile(rf"(?<![\d:]){_TIME}(?![\d:])"), _clock),
)
_QUANTITIES: Final[tuple[Rule, ...]] = (
    (_compile(r"(?<=\d)~(?=-?\d)"), lambda _: "到"),
    (_compile(rf"(?P<sign>-?)(?P<n>{_NUMBER})(?P<unit>°C|℃|°F|℉|度)"), _degrees),
    (
        _compile(rf"(?P<n>{_NUMBER})\s*(?P<unit>{_UNIT})(?![A-Za-z])"),
        lambda m: f"{_two(m['n'])}{units.MEASURES[m['unit']]}",
    ),
    (
        _compile(r"(?P<sign>-?)(?P<top>\d+)/(?P<bottom>\d+)"),
        lambda m: f"{'负' if m['sign'] else ''}{numbers.cardinal(m['bottom'])}分之{numbers.cardinal(m['top'])}",
    ),
    (
        _compile(rf"(?P<sign>-?)(?P<n>{_NUMBER})[%％]"),
        lambda m: f"{'负' if m['sign'] else ''}百分之{numbers.number(m['n'])}",
    ),
    (_compile(r"(?<!\d)(?:\+?86-?)?1[3-9]\d{9}(?!\d)"), _telephone),
    (_compile(r"(?<!\d)(?:0(?:10|2\d|[3-9]\d\d)-?[1-9]\d{6,7}|[48]00-?\d{3}-?\d{4})(?!\d)"), _telephone),
)
_RATIO: Final[Rule] = (_compile(r"(?<=\d)[:：](?=\d)"), lambda _: "比")
_NUMBERS: Final[tuple[Rule, ...]] = (
    (
        _compile(rf"(?<![\d.+×÷=-])(?P<low>-?{_NUMBER})[-~](?P<high>-?{_NUMBER})(?![\d.+×÷=-])"),
        lambda m: f"{_signed(m['low'])}到{_signed(m['high'])}",
    ),
    (_compile(r"-(?P<n>\d+)(?!\.?\d)"), lambda m: f"负{numbers.cardinal(m['n'])}"),
    (_compile(r"-?\d+\.\d+"), lambda m: _signed(m[0])),
    (_compile(r"\.\d+"), lambda m: numbers.number("0" + m[0])),
    (_compile(rf"(?P<n>\d+)(?P<more>[多余几+]?)(?={units.CLASSIFIERS})"), _counted),
)
_BARE: Final[Rule] = (_compile(r"(?P<n>\d+)"), _bare)
_BARE_IMITATED: Final[tuple[Rule, ...]] = (
    (_compile(r"\d{3,}"), lambda m: numbers.digits(m[0], telephone=True)),
    (_compile(r"\d+"), lambda m: numbers.cardinal(m[0])),
)


def _two(text: str) -> str:
    return "二" if text == "2" else numbers.number(text)


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def simplify(text: str) -> str:
    """Traditional characters as simplified ones."""
    return str(_simplifier().convert(text))


def normalise(text: str, *, imitate: bool = False) -> str:
    """Characters of U+4E00 to U+9FA5 and the marks ``! ? … , . -``; never two marks in a row. May be empty."""
    spoken = unicodedata.normalize("NFKC", simplify(text)) if not imitate else _narrow(simplify(text))
    spoken = spoken.replace("...", "…").replace("……", "…")
    if not imitate:
        spoken = spoken.replace("——", ",").replace("--", ",")
        spoken = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", spoken)
    spoken = _UNSOUNDED.sub("", spoken.strip())
    bare = _BARE_IMITATED if imitate else (_BARE,)
    ratio = () if imitate else (_RATIO,)
    for pattern, replace in (*_DATES, *_QUANTITIES, *ratio, *_NUMBERS, *bare):
        spoken = pattern.sub(replace, spoken)
    for table in (_CIRCLED, units.GREEK):
        spoken = "".join(table.get(character, character) for character in spoken)
    spoken = re.sub(rf"(?<=[{HAN}])/(?=[{HAN}])", "每", spoken) if imitate else spoken.replace(":", ",")
    return squeeze(_marks(spoken))


def _narrow(text: str) -> str:
    """Full-width letters and digits as ASCII; marks stay."""
    return "".join(
        unicodedata.normalize("NFKC", character)
        if "０" <= character <= "９" or "Ａ" <= character <= "ｚ"
        else character
        for character in text
    )


def _marks(text: str) -> str:
    # 嗯 and 呣 have no vowel in pinyin; the models' makers read them as 恩 and 母.
    text = text.replace("嗯", "恩").replace("呣", "母")
    return re.sub(rf"[^{HAN}!?…,.\-]+", "", "".join(_MARKS.get(character, character) for character in text))


def squeeze(text: str) -> str:
    """Of several marks in a row the first is kept: silence repeated makes the models speak the reference's words."""
    return re.sub(r"([!?…,.\-])[!?…,.\-]+", r"\1", text)
