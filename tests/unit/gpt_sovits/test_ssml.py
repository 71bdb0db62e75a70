"""SSML and inline tags: what is read, and what is refused."""

from __future__ import annotations

import pytest

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.text.plan import plan
from synthesis.engine.gpt_sovits.text.ssml import Break, Prosody, Speech, parse

SSML = (
    '<?xml version="1.0"?><speak version="1.1" xml:lang="en-GB">Hi <prosody rate="fast" pitch="+2st">there '
    '<lang xml:lang="zh-CN">你好</lang></prosody><break strength="strong"/>'
    '<say-as interpret-as="characters">AB1</say-as> <phoneme alphabet="x-pinyin" ph="chóng qing4">重庆</phoneme> &amp; co</speak>'
)


def test_plain_text_is_left_alone() -> None:
    text = "a < b & c > d <b>bold</b> &lt; <speaker>"
    assert parse(text).parts == (Speech(text),)


def test_inline_tags_are_read_in_plain_text() -> None:
    document = parse('Say <phoneme ph="T AH0 M AA1 T OW0">tomato</phoneme>.<break time="300ms"/> Now')
    assert document.parts == (
        Speech("Say "),
        Speech("tomato", phones=("T", "AH0", "M", "AA1", "T", "OW0")),
        Speech("."),
        Break(0.3),
        Speech(" Now"),
    )


def test_elements_carry_their_meaning() -> None:
    parts = parse(SSML).parts
    fast = Prosody(1.25, 2.0)
    assert parts[0] == Speech("Hi ", "en")
    assert parts[1:3] == (Speech("there ", "en", fast), Speech("你好", "zh", fast))
    assert parts[3] == Break(0.8)
    assert parts[4] == Speech("AB1", "en", phones=("EY1", "B", "IY1", "W", "AH1", "N"))
    assert Speech("重庆", "en", phones=("ch", "ong2", "q", "ing4")) in parts


@pytest.mark.parametrize(
    ("alphabet", "ph", "expected"),
    [
        ("ipa", "həˈloʊ", ("HH", "AH0", "L", "OW1")),
        ("ipa", "tʃɜːtʃ", ("CH", "ER1", "CH")),
        ("x-arpabet", "hh ah0 l ow", ("HH", "AH0", "L", "OW1")),
        ("x-pinyin", "lǜ se4", ("l", "v4", "s", "e4")),
    ],
)
def test_pronunciations_are_given_in_three_alphabets(alphabet: str, ph: str, expected: tuple[str, ...]) -> None:
    (part,) = parse(f'<speak><phoneme alphabet="{alphabet}" ph="{ph}">x</phoneme></speak>').parts
    assert isinstance(part, Speech)
    assert part.phones == expected


@pytest.mark.parametrize(
    "hostile",
    [
        "<speak>",
        "<speak>&x;</speak>",
        "<speak><script>x</script></speak>",
        "<speak><speak>x</speak></speak>",
        '<!DOCTYPE speak [<!ENTITY a "b">]><speak>&a;</speak>',
        '<?xml version="1.0"?><!DOCTYPE speak SYSTEM "file:///etc/passwd"><speak/>',
        "<speak><?php x?></speak>",
        "<speak>" + "<prosody>" * 20 + "x" + "</prosody>" * 20 + "</speak>",
        "<speak>" + "<break/>" * 3000 + "</speak>",
        '<speak><break time="soon"/></speak>',
        '<speak><phoneme ph="">x</phoneme></speak>',
        '<speak><phoneme ph="QQ1">x</phoneme></speak>',
        '<speak><prosody rate="900%">x</prosody></speak>',
        '<speak><prosody pitch="+40st">x</prosody></speak>',
        "x" * 100_001,
    ],
)
def test_what_is_hostile_or_wrong_is_refused_with_a_reason(hostile: str) -> None:
    with pytest.raises(EngineError, match="bad_markup"):
        parse(hostile)


def test_given_phones_stand_inside_their_sentence() -> None:
    (first, second) = plan('I say <phoneme ph="T AH0 M AA1 T OW0">tomato</phoneme> today, you say hello there.', "en")
    names = [name for stretch in first.stretches for name in stretch.names]
    assert " ".join(names) == "AY1 S EY1 T AH0 M AA1 T OW0 T AH0 D EY1 ,"
    assert second.text == " you say hello there."


def test_syllables_given_for_characters_keep_their_place_in_the_sentence() -> None:
    (piece,) = plan('去<phoneme alphabet="x-pinyin" ph="chong2 qing4">重庆</phoneme>玩吧。', "zh")
    given = piece.stretches[1]
    assert (given.language, given.norm, given.word2ph) == ("zh", "重庆", (2, 2))


def test_pauses_and_manner_reach_the_pieces() -> None:
    found = plan(SSML, "en")
    assert [piece.prosody.rate for piece in found] == [1.0, 1.25, 1.0]
    assert found[1].pause == pytest.approx(0.8)
    assert [stretch.language for stretch in found[1].stretches][:2] == ["en", "zh"]
