"""Text to phrases and phones."""

from __future__ import annotations

import numpy as np
import pytest

from synthesis.engine.errors import EngineError
from synthesis.engine.parametric import phones as ph
from synthesis.engine.parametric import track as tracks
from synthesis.engine.parametric.base import BaseModel
from synthesis.engine.parametric.text import lexicon
from synthesis.engine.parametric.text.normaliser import normalise
from synthesis.engine.parametric.text.phrases import parse

SPOKEN = {
    "Dr. Smith paid $3.50.": "doctor smith paid three dollars and fifty cents.",
    "On 3/4/2021 at 5:30 p.m.": "on march fourth, twenty twenty one at five thirty _p_ _m_",
    "21st March 2024": "the twenty first of march, twenty twenty four",
    "2026-11-21": "november twenty first, twenty twenty six",
    "The 1990s and '80s": "the nineteen nineties and eighties",
    "It weighs 5kg, or 11.02 lbs.": "it weighs five kilograms, or eleven point zero two pounds.",
    "I have 3 in stock.": "i have three in stock.",
    "No. 5 is alive. No. I won't.": "number five is alive. no. i won't.",
    "Mail me@foo.org now": "mail me at foo dot org now",
    "See https://example.com/a-b?q=1.": "see example dot com slash a dash b question mark q equals one.",
    "The FBI's man at NASA": "the _f_ _b_ _i_'s man at nasa",
    "Call 555-123-4567": "call five five five, one two three, four five six seven",
    "-5°C to 2 1/2 miles": "minus five degrees celsius to two and a half miles",
    "“Café” naïve — résumé…": "cafe, naive, resume",
    "£1.01 and $5 million": "one pound and one penny and five million dollars",
    "3rd of 1,234": "third of one thousand two hundred and thirty four",
    "100%, AT&T, C++": "one hundred percent, at and t, c plus plus",
    "in 1905, 2000 and 2007": "in nineteen oh five, two thousand and two thousand and seven",
    "007": "zero zero seven",
    "WHAT A DAY": "what a day",
    "漢字": "",
    "?!": "",
}


@pytest.mark.parametrize(("written", "spoken"), SPOKEN.items(), ids=SPOKEN)
def test_text_is_normalised(written: str, spoken: str) -> None:
    assert normalise(written) == spoken


def phones_of(base: BaseModel, text: str) -> list[str]:
    return [symbol for phrase in parse(text, base.lexicon) for word in phrase.words for symbol in word.phones]


def test_words_come_from_the_dictionary_with_stress(base: BaseModel) -> None:
    assert phones_of(base, "voice") == ["V", "OY1", "S"]


def test_every_word_of_the_dictionary_is_found_with_its_first_pronunciation(base: BaseModel) -> None:
    plain = {
        word: symbols
        for word, symbols in lexicon.dictionary().items()
        if word not in lexicon._REDUCED and word not in lexicon._HOMOGRAPHS
    }
    assert len(plain) > 120_000
    assert all(base.lexicon.pronounce(word) == tuple(symbols.split()) for word, symbols in plain.items())
    for absent in ("", "zzzz", "aaaaa", "vivavoce"):
        assert absent not in base.lexicon


def test_the_changes_before_a_vowel(base: BaseModel) -> None:
    assert phones_of(base, "the apple")[:2] == ["DH", "IY0"]
    assert phones_of(base, "the pear")[:2] == ["DH", "AH0"]


def test_homographs_follow_the_word_before(base: BaseModel) -> None:
    assert "EH1" in phones_of(base, "I have read")
    assert "IY1" in phones_of(base, "please read")


def test_a_letters_name_is_not_the_word(base: BaseModel) -> None:
    assert phones_of(base, "plan A.B.")[-3:] == ["EY1", "B", "IY1"]


def test_possessives_take_the_voice_of_the_last_phone(base: BaseModel) -> None:
    assert phones_of(base, "zorkap's")[-1] == "S"
    assert phones_of(base, "zorkab's")[-1] == "Z"


def test_unknown_words_get_phones_with_one_main_stress(base: BaseModel) -> None:
    for word in ("vivavoce", "grindlewort", "xyzzy", "qqq", "brrr"):
        symbols = phones_of(base, word)
        assert symbols
        assert all(ph.split_stress(symbol)[0] in ph.PHONE_ID for symbol in symbols)


def test_inline_phones_are_used_as_given(base: BaseModel) -> None:
    assert phones_of(base, 'say <phoneme ph="HH AH0 L OW1">xx</phoneme> now')[2:6] == ["HH", "AH0", "L", "OW1"]


def test_a_break_ends_a_phrase_with_its_pause(base: BaseModel) -> None:
    first, second = parse('one <break time="1.5s"/> two', base.lexicon)
    assert first.pause == 1.5
    assert second.pause is None
    assert parse('one <break time="300ms"/>', base.lexicon)[0].pause == pytest.approx(0.3)


@pytest.mark.parametrize(
    "text",
    ['<break time="soon"/>', '<phoneme ph="QX1">a</phoneme>', '<phoneme ph="">a</phoneme>', '<phoneme ph="AA1">a'],
)
def test_bad_markup_is_refused(base: BaseModel, text: str) -> None:
    with pytest.raises(EngineError) as refused:
        parse(text, base.lexicon)
    assert refused.value.code == "bad_markup"


def test_other_tags_are_dropped_and_what_they_enclose_is_spoken(base: BaseModel) -> None:
    assert [word.spelling for word in parse("<b>good</b> day", base.lexicon)[0].words] == ["good", "day"]


def test_a_stray_angle_bracket_is_text(base: BaseModel) -> None:
    assert [word.spelling for word in parse("2 < 3", base.lexicon)[0].words] == ["two", "less", "than", "three"]


def test_a_long_stretch_gets_a_boundary_before_a_conjunction(base: BaseModel) -> None:
    text = "she walked along the river bank all day and then she came back home again"
    assert [phrase.words[0].spelling for phrase in parse(text, base.lexicon)] == ["she", "and"]


def test_a_track_has_silence_around_and_between_phrases(base: BaseModel) -> None:
    track = tracks.build(parse("Yes, no.", base.lexicon))
    names = [ph.PHONES[number] for number in track.phone]
    assert names == ["SIL", "Y", "EH", "S", "SIL", "N", "OW", "SIL"]
    assert track.context.shape == (8, tracks.CONTEXT_SIZE)
    assert np.isnan(track.pause).all()
