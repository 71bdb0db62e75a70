"""Every phrase of the console is there in every language, and the compiled catalogues are those of the sources."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import allauth
import pytest
from django.test import Client
from django.utils import translation

from vivavoce.web.catalogues import LANGUAGES, SIGN_IN, phrases, read_source, source_path
from vivavoce.web.catalogues import read as source


def compiled(path: Path) -> gettext.GNUTranslations:
    """The catalogue as it is read."""
    with path.with_suffix(".mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def test_the_search_finds_what_is_marked() -> None:
    found = phrases()
    assert {"Withdraw consent", "Sentence %(number)s of %(script)s", "being prepared", "Your full name", "yes"} <= found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_is_translated_and_none_is_left_over(language: str) -> None:
    catalogue = source(language)
    assert set(catalogue) == phrases()
    assert [phrase for phrase, translation in catalogue.items() if not translation] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_survive_translation(language: str) -> None:
    def names(text: str) -> list[str]:
        return sorted(re.findall(r"%\((\w+)\)s", text))

    assert {phrase for phrase, said in source(language).items() if names(phrase) != names(said)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_source(language: str) -> None:
    read = compiled(source_path(language))
    assert {phrase: read.gettext(phrase) for phrase in source(language)} == source(language)


def test_no_phrase_holds_a_bare_percent_sign() -> None:
    """Django doubles it before it looks the phrase up, so that a translation is never found."""
    assert {phrase for phrase in phrases() if "%" in re.sub(r"%\(\w+\)s", "", phrase)} == set()


def test_what_we_say_in_other_words_than_allauth_is_a_phrase_of_its_own_and_is_what_people_read() -> None:
    theirs = compiled(Path(allauth.__file__).parent / "locale" / "de" / "LC_MESSAGES" / "django.po")
    ours = read_source(SIGN_IN)
    assert ours
    assert {phrase: compiled(SIGN_IN).gettext(phrase) for phrase in ours} == ours
    assert {phrase for phrase in ours if theirs.gettext(phrase) == phrase} == set()
    with translation.override("de"):
        assert {phrase: translation.gettext(phrase) for phrase in ours} == ours
    marks = re.compile(r"%(?:\(\w+\)[sd]|[sd])")
    assert {
        phrase for phrase, said in ours.items() if sorted(marks.findall(phrase)) != sorted(marks.findall(said))
    } == set()


@pytest.mark.parametrize("path", ["login/", "signup/", "password/reset/", "password/reset/done/", "confirm-email/"])
def test_nobody_is_addressed_as_a_friend_at_the_door(client: Client, path: str) -> None:
    page = client.get(f"/accounts/{path}", headers={"accept-language": "de"}).content.decode()
    assert '<html lang="de"' in page
    assert re.findall(r"\b(?:[Dd]u|[Dd]ich|[Dd]ir|[Dd]eine?[mnrs]?)\b", page) == []
