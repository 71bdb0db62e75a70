"""How much of a language the readings cover."""

from __future__ import annotations

from collections import Counter

from voices.prompts import SCRIPT_LENGTH, _english_phones, enrolment_prompts, phone_coverage


def test_the_table_is_what_the_front_end_says() -> None:
    from synthesis.engine.parametric.base import lexicon
    from synthesis.engine.parametric.phones import SILENCE
    from synthesis.engine.parametric.prompts import coverage

    table = _english_phones()
    assert list(table) == enrolment_prompts("en")
    for sentence, phones in table.items():
        found = coverage([sentence], lexicon()).phones
        assert Counter(phones) == Counter({phone: count for phone, count in found.items() if phone != SILENCE})


def test_the_guided_reading_covers_every_phone() -> None:
    whole = phone_coverage("en", enrolment_prompts("en")[:SCRIPT_LENGTH])
    assert whole is not None
    assert (whole.covered, whole.all, whole.missing) == (39, 39, ())


def test_coverage_grows_with_each_sentence_and_a_sentence_read_twice_counts_once() -> None:
    prompts = enrolment_prompts("en")
    counts = [found.covered for n in range(21) if (found := phone_coverage("en", prompts[:n])) is not None]
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert phone_coverage("en", [prompts[0]] * 5) == phone_coverage("en", prompts[:1])


def test_sentences_of_ones_own_and_other_languages_are_not_guessed_at() -> None:
    empty = phone_coverage("en", ["Anything else."])
    assert empty is not None
    assert empty.covered == 0
    assert phone_coverage("de", enrolment_prompts("de")) is None
