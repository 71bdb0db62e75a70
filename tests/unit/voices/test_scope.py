"""Purposes, languages, formats and prompts are closed lists."""

from __future__ import annotations

import pytest

from voices import scope
from voices.errors import Invalid
from voices.prompts import enrolment_prompts


def test_each_is_kept_once_in_the_tables_order():
    assert scope.purposes(["research", "narration", "research"]) == ["narration", "research"]


@pytest.mark.parametrize(
    ("check", "noun"), [(scope.purposes, "purpose"), (scope.languages, "language"), (scope.formats, "format")]
)
def test_nothing_and_unknown_things_are_refused_by_name(check, noun):
    with pytest.raises(Invalid) as empty:
        check([])
    with pytest.raises(Invalid) as strange:
        check(["x" * 500])
    assert (empty.value.code, strange.value.code) == (f"{noun}s_empty", f"{noun}_unknown")
    assert len(strange.value.sentence) < 300, "what a stranger sent is not echoed at length"


@pytest.mark.parametrize("table", [scope.PURPOSES, scope.LANGUAGES])
def test_every_code_has_a_name_in_each_language_of_the_statement(table):
    assert all(set(names) == {"en", "de", "zh"} for names in table.values())


def test_there_are_enough_english_prompts_and_none_twice():
    prompts = enrolment_prompts("en")
    assert len(prompts) == len(set(prompts)) >= 40
    assert not [prompt for prompt in prompts if any(character.isdigit() for character in prompt)]


def test_a_language_without_prompts_falls_back_to_english():
    assert enrolment_prompts("ko") == enrolment_prompts("en")


def test_the_first_english_prompts_are_the_engines_own_script():
    from synthesis.engine.parametric.prompts import SCRIPT

    assert tuple(enrolment_prompts("en")[: len(SCRIPT)]) == tuple(SCRIPT)
