"""Numbers in Hangul: Sino-Korean, or native before the counters that want it."""

from __future__ import annotations

import re
from typing import Final

_SINO: Final = " 일이삼사오육칠팔구"
_PLACES: Final = ("", "십", "백", "천")
_SCALES: Final = ("", "만", "억", "조")
_NATIVE_ONES: Final = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
_NATIVE_TENS: Final = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_COUNTERS: Final = (
    "군데|그루|마리|모금|발짝|보루|움큼|켤레|시간|사람|가지|송이|자루|그릇|"
    "권|개|대|두|모|벌|방|번|살|수|술|시|쌈|잔|정|짝|채|척|첩|축|톨|통|명|병|장|쪽|곳|달"
)


def sino(digits: str) -> str:
    """A whole number of ASCII digits in Sino-Korean; more than sixteen are read one by one."""
    plain = digits.lstrip("0")
    if not plain:
        return "영"
    if len(plain) > 16:
        return "".join("영" if digit == "0" else _SINO[int(digit)] for digit in digits)
    read = ""
    for scale in range((len(plain) - 1) // 4, -1, -1):
        group = plain[: -4 * scale or None][-4:]
        part = _thousands(group.lstrip("0"))
        if part:
            read += ("" if part == "일" and scale == 1 else part) + _SCALES[scale]
    return read


def _thousands(group: str) -> str:
    read = ""
    for place, digit in enumerate(reversed(group)):
        if digit != "0":
            read = ("" if digit == "1" and place else _SINO[int(digit)]) + _PLACES[place] + read
    return read


def native(value: int) -> str:
    """A number below a hundred as counters want it: 20 is 스무."""
    if value == 20:
        return "스무"
    tens, ones = divmod(value, 10)
    return _NATIVE_TENS[tens] + _NATIVE_ONES[ones]


def spell(text: str) -> str:
    """Figures of ``text`` as words."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(
        rf"(?<![\d.])([1-9]\d?)(?=\s?(?:{_COUNTERS}))", lambda match: native(int(match[1])), text, flags=re.ASCII
    )
    text = re.sub(
        r"(\d+)\.(\d+)",
        lambda match: f"{sino(match[1])} 점 {''.join(sino(digit) for digit in match[2])}",
        text,
        flags=re.ASCII,
    )
    return re.sub(r"\d+", lambda match: sino(match[0]), text, flags=re.ASCII)
