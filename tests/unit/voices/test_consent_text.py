"""The statement is exact, spoken language, and never changes under its version."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from voices import consent_text
from voices.errors import Invalid

DAY = date(2026, 11, 21)


def say(version: str, **changes) -> str:
    terms = {"name": "Ada Example", "purposes": ["narration", "assistant"], "languages": ["en"], "day": DAY, **changes}
    return consent_text.statement(version, **terms)


@pytest.mark.parametrize(
    ("version", "text"),
    [
        (
            "2026-11/en",
            "My name is Ada Example. Today is the twenty-first of November, twenty twenty-six. I allow Viva Voce to learn how I "
            "sound, and to speak like me for reading texts aloud and digital assistants, in English. I can take this back at any "
            "time.",
        ),
        (
            "2026-11/de",
            "Mein Name ist Ada Example. Heute ist der 21. November 2026. Ich erlaube Viva Voce zu lernen, wie ich klinge, und zu "
            "sprechen wie ich: Zweck das Vorlesen von Texten und digitale Assistenten, Sprache Englisch. Ich kann das jederzeit "
            "zurücknehmen.",
        ),
        (
            "2026-11/zh",
            "我的名字是Ada Example。今天是2026年11月21日。我允许Viva Voce学习我的声音，并像我一样说话，用于朗读文本和数字助手，"
            "语言为英语。我可以随时撤回。",
        ),
    ],
)
def test_the_words_of_a_version_are_frozen(version, text):
    assert say(version) == text


def test_a_list_of_three_is_spoken_with_commas():
    assert "accessibility, education and research, in English and German" in say(
        "2026-11/en", purposes=["accessibility", "education", "research"], languages=["en", "de"]
    )


def test_the_english_statement_holds_no_digit_on_any_day_of_four_years():
    days = (DAY + timedelta(days=number) for number in range(4 * 366))
    assert not [day for day in days if any(character.isdigit() for character in say("2026-11/en", day=day))]


@pytest.mark.parametrize(
    ("year", "spoken"),
    [(2026, "twenty twenty-six"), (2030, "twenty thirty"), (2100, "twenty-one hundred"), (2105, "oh five")],
)
def test_years_are_spoken_as_people_do(year, spoken):
    assert spoken in say("2026-11/en", day=date(year, 1, 1))


def test_every_current_version_exists_and_other_languages_are_refused():
    for language in ("en", "de", "zh"):
        assert say(consent_text.current_version(language))
    with pytest.raises(Invalid, match="text_language_unknown"):
        consent_text.current_version("tlh")


def test_the_digest_tells_any_change_of_the_text():
    assert consent_text.digest(say("2026-11/en")) != consent_text.digest(say("2026-11/en", languages=["de"]))
