"""What a consent or a grant can allow: purposes, languages, formats. Codes are stable; names in the languages of the statement."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from audiokit import FORMATS
from voices.errors import Invalid

PURPOSES: Mapping[str, Mapping[str, str]] = {
    "narration": {"en": "reading texts aloud", "de": "das Vorlesen von Texten", "zh": "朗读文本"},
    "assistant": {"en": "digital assistants", "de": "digitale Assistenten", "zh": "数字助手"},
    "accessibility": {"en": "accessibility", "de": "Barrierefreiheit", "zh": "无障碍服务"},
    "education": {"en": "education", "de": "Bildung", "zh": "教育"},
    "entertainment": {"en": "entertainment", "de": "Unterhaltung", "zh": "娱乐"},
    "advertising": {"en": "advertising", "de": "Werbung", "zh": "广告"},
    "telephony": {"en": "telephone services", "de": "Telefondienste", "zh": "电话服务"},
    "research": {"en": "research", "de": "Forschung", "zh": "研究"},
}
LANGUAGES: Mapping[str, Mapping[str, str]] = {
    "en": {"en": "English", "de": "Englisch", "zh": "英语"},
    "de": {"en": "German", "de": "Deutsch", "zh": "德语"},
    "zh": {"en": "Chinese", "de": "Chinesisch", "zh": "中文"},
    "ja": {"en": "Japanese", "de": "Japanisch", "zh": "日语"},
    "ko": {"en": "Korean", "de": "Koreanisch", "zh": "韩语"},
    "yue": {"en": "Cantonese", "de": "Kantonesisch", "zh": "粤语"},
}


def purposes(wanted: Sequence[str]) -> list[str]:
    """Each once, in the table's order.

    Raises:
        Invalid: ``purpose_unknown``, or ``purposes_empty``.
    """
    return _checked(wanted, PURPOSES, "purpose")


def languages(wanted: Sequence[str]) -> list[str]:
    """Each once, in the table's order.

    Raises:
        Invalid: ``language_unknown``, or ``languages_empty``.
    """
    return _checked(wanted, LANGUAGES, "language")


def formats(wanted: Sequence[str]) -> list[str]:
    """Each once.

    Raises:
        Invalid: ``format_unknown``, or ``formats_empty``.
    """
    return _checked(wanted, FORMATS, "format")


def _checked(wanted: Sequence[str], known: Collection[str], noun: str) -> list[str]:
    if not wanted:
        raise Invalid(f"{noun}s_empty", f"Name at least one {noun}.")
    strange = [word for word in wanted if word not in known]
    if strange:
        raise Invalid(f"{noun}_unknown", f"{strange[0][:40]!r} is not a {noun} we know. Known: {', '.join(known)}.")
    return [word for word in known if word in wanted]
