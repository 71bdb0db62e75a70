"""Mandarin: how written forms are read, and what tones do in connected speech."""

from __future__ import annotations

import pytest

from synthesis.engine.gpt_sovits.text.front_end import phones
from synthesis.engine.gpt_sovits.text.zh import numbers, syllables
from synthesis.engine.gpt_sovits.text.zh.normaliser import normalise


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("10", "十"),
        ("110", "一百一十"),
        ("10500", "一万零五百"),
        ("100000000", "一亿"),
        ("120030004", "一亿二千零三万零四"),
        ("0", "零"),
    ],
)
def test_numbers_are_read_by_place(written: str, spoken: str) -> None:
    assert numbers.cardinal(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("2024年3月15日", "二零二四年三月十五日"),
        ("时间12:05-13:30。", "时间十二点零五分至十三点半."),
        ("气温-3℃，涨了5.5%", "气温零下三度,涨了百分之五点五"),
        ("2个苹果，1/2杯", "两个苹果,二分之一杯"),
        ("电话13800138000", "电话幺三八零零幺三八零零零"),
        ("房间号码是305，共305人", "房间号码是三零五,共三百零五人"),
        ("速度120km/h", "速度一百二十千米每小时"),
        ("比分3:2", "比分三比二"),
        ("約1,234人", "约一千二百三十四人"),
        ("好!!!的..,", "好!的."),
        ("（注）", "注"),
    ],
)
def test_written_forms_are_read(written: str, spoken: str) -> None:
    assert normalise(written) == spoken


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好，世界。", "n i2 h ao3 , sh ir4 j ie4 ."),
        ("一个人一天一起去", "y i2 g e5 r en2 y i4 t ian1 y i4 q i3 q v4"),
        ("不是不好", "b u2 sh ir4 b u4 h ao3"),
        ("看一看", "k an4 y i5 k an4"),
        ("展览馆", "zh an2 l an2 g uan3"),
        ("胡同儿和女儿", "h u2 t ong5 EE er5 h e2 n v3 EE er2"),
        ("东西很多", "d ong1 x i5 h en3 d uo1"),
        ("目的是土地", "m u4 d i4 sh ir4 t u3 d i4"),
        ("银行行长得赶紧去", "y in2 h ang2 h ang2 zh ang3 d ei3 g an2 j in3 q v4"),
        ("鱼和云", "y v2 h e2 y vn2"),
        ("四十知识", "s i04 sh ir2 zh ir1 sh ir5"),
    ],
)
def test_tones_change_in_connected_speech(text: str, expected: str) -> None:
    assert " ".join(phones(text, "zh").names) == expected


def test_each_character_has_two_phones_and_each_mark_one() -> None:
    spoken = phones("重庆，3个人！", "zh")
    assert spoken.norm == "重庆,三个人!"
    assert spoken.word2ph == (2, 2, 1, 2, 2, 2, 1)


def test_signs_of_silence_have_symbols_of_their_own() -> None:
    assert "SP2" in phones("他说￥我去", "zh").names
    assert "SP3" in phones("他说^我去", "zh").names


def test_a_character_without_a_reading_is_unknown_and_not_dropped() -> None:
    spoken = phones("我㐀", "zh")
    assert len(spoken.ids) == sum(spoken.word2ph or ())


def test_version_1_knows_neither_korean_nor_the_suffix_er() -> None:
    assert phones("媳妇儿", "zh", version="v1").names[-1] == "er5"
    assert all(number < 322 for number in phones("媳妇儿", "zh", version="v1").ids)


def test_what_is_no_syllable_is_refused() -> None:
    with pytest.raises(ValueError, match="pinyin"):
        syllables.split("!")
