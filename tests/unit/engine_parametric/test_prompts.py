"""The enrolment script is the greedy cover of its pool, and covers what it says."""

from __future__ import annotations

from synthesis.engine.parametric import phones as ph
from synthesis.engine.parametric import prompts
from synthesis.engine.parametric.base import BaseModel


def test_the_script_is_the_greedy_cover_of_the_pool(base: BaseModel) -> None:
    assert prompts.choose(prompts.POOL, base.lexicon) == list(prompts.SCRIPT)


def test_the_script_has_every_phone_at_least_four_times(base: BaseModel) -> None:
    counted = prompts.coverage(prompts.SCRIPT, base.lexicon)
    assert min(counted.phones[phone] for phone in ph.PHONES) >= 4
    assert counted.phones.total() == 840
    assert len(counted.diphones) == 483


def test_every_word_of_the_script_is_in_the_dictionary(base: BaseModel) -> None:
    words = {word.strip(".,?!'").lower().removesuffix("'s") for sentence in prompts.SCRIPT for word in sentence.split()}
    assert {word for word in words if word not in base.lexicon} == set()
