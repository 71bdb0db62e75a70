"""Every phrase of the console is there in every language, and the compiled catalogues are those of the sources."""

from __future__ import annotations

import gettext
import re

import pytest

from vivavoce.web.catalogues import LANGUAGES, phrases, source_path
from vivavoce.web.catalogues import read as source


def compiled(language: str) -> gettext.GNUTranslations:
    """The catalogue as it is read."""
    with source_path(language).with_suffix(".mo").open("rb") as file:
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
    read = compiled(language)
    assert {phrase: read.gettext(phrase) for phrase in source(language)} == source(language)


def test_no_phrase_holds_a_bare_percent_sign() -> None:
    """Django doubles it before it looks the phrase up, so that a translation is never found."""
    assert {phrase for phrase in phrases() if "%" in re.sub(r"%\(\w+\)s", "", phrase)} == set()
