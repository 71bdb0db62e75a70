"""Every phrase of the console is there in every language, and the compiled catalogues are those of the sources."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import pytest

import vivavoce.web

ROOM = Path(vivavoce.web.__file__).parent
LANGUAGES = ["de", "zh_Hans"]
_TRANSLATE = re.compile(r"{%\s*translate\s+(?:\"([^\"]+)\"|'([^']+)')")
_BLOCK = re.compile(r"{%\s*blocktranslate[^%]*%}(.*?){%\s*endblocktranslate\s*%}", re.DOTALL)
_VARIABLE = re.compile(r"{{\s*(\w+)\s*}}")
_ENTRY = re.compile(r'^msgid ("(?:[^"\\]|\\.)*")\nmsgstr ("(?:[^"\\]|\\.)*")$', re.MULTILINE)
_MARKERS = {"_", "gettext", "gettext_lazy"}


def phrases() -> set[str]:
    """What templates and Python mark for translation."""
    found: set[str] = set()
    for template in (ROOM / "templates").rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        found |= {double or single for double, single in _TRANSLATE.findall(text)}
        found |= {_VARIABLE.sub(r"%(\1)s", block) for block in _BLOCK.findall(text)}
    for module in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MARKERS:
                first = node.args[0]
                assert isinstance(first, ast.Constant), f"{module}: only plain text can be translated"
                found.add(str(first.value))
    return found


def source(language: str) -> dict[str, str]:
    """The catalogue as it is written."""
    text = (ROOM / "locale" / language / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8")
    pairs = [(ast.literal_eval(left), ast.literal_eval(right)) for left, right in _ENTRY.findall(text)]
    return {left: right for left, right in pairs if left}


def compiled(language: str) -> gettext.GNUTranslations:
    """The catalogue as it is read."""
    with (ROOM / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def test_the_search_finds_what_is_marked() -> None:
    found = phrases()
    assert {"Withdraw consent", "Sentence %(number)s", "being prepared", "Your full name", "yes"} <= found


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
