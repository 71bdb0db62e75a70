"""Mixed text, Korean, Japanese and Cantonese, and how texts are cut."""

from __future__ import annotations

import pytest

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.text.front_end import phones
from synthesis.engine.gpt_sovits.text.segments import TAGS, segments
from synthesis.engine.gpt_sovits.text.split import METHODS, pieces, split


def _spans(text: str, tag: str) -> list[tuple[str, str]]:
    return [(segment.language, segment.text) for segment in segments(text, tag)]


@pytest.mark.parametrize(
    ("text", "tag", "expected"),
    [
        ("今天iPhone 15卖多少？", "zh", [("zh", "今天"), ("en", "iPhone 15"), ("zh", "卖多少？")]),
        ("今天iPhone 15卖多少？", "all_zh", [("zh", "今天"), ("en", "iPhone "), ("zh", "15卖多少？")]),
        ("Hello、これは世界。你好。", "auto", [("en", "Hello、"), ("ja", "これは世界。"), ("zh", "你好。")]),
        ("世界です", "zh", [("zh", "世界です")]),
        ("안녕, world", "auto", [("ko", "안녕, "), ("en", "world")]),
        ("我食飯", "auto_yue", [("yue", "我食飯")]),
        ("3个", "auto", [("zh", "3个")]),
        ("123", "zh", [("zh", "123")]),
        ("...", "zh", [("en", "...")]),
    ],
)
def test_text_is_parted_by_script_and_tag(text: str, tag: str, expected: list[tuple[str, str]]) -> None:
    assert _spans(text, tag) == expected


@pytest.mark.parametrize("tag", TAGS)
def test_segments_joined_are_the_text(tag: str) -> None:
    text = "  3 Hello，世界です。안녕 10% \n再见!"
    assert "".join(segment.text for segment in segments(text, tag)) == text


def test_an_unknown_tag_is_refused() -> None:
    with pytest.raises(EngineError, match="language_unsupported"):
        segments("x", "klingon")
    with pytest.raises(EngineError, match="language_unsupported"):
        phones("안녕", "ko", version="v1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("안녕하세요", "ㅇ ㅏ ㄴ ㄴ ㅣ ㅓ ㅇ ㅎ ㅏ ㅅ ㅔ ㅇ ㅣ ㅗ ."),
        ("좋네요", "ㅈ ㅗ ㄴ ㄴ ㅔ ㅇ ㅣ ㅗ ."),
        ("학교에", "ㅎ ㅏ ㄱ ㄲ ㅣ ㅗ ㅇ ㅔ ."),
        ("값이", "ㄱ ㅏ ㅂ ㅆ ㅣ ."),
        ("같이", "ㄱ ㅏ ㅊ ㅣ ."),
        ("놓고", "ㄴ ㅗ ㅋ ㅗ ."),
        ("신라", "ㅅ ㅣ ㄹ ㄹ ㅏ ."),
        ("독립", "ㄷ ㅗ ㅇ ㄴ ㅣ ㅂ ."),
        ("3개 15분", "ㅅ ㅔ ㄱ ㅐ 空 ㅅ ㅣ ㅂ ㅗ ㅂ ㅜ ㄴ ."),
    ],
)
def test_korean_consonants_assimilate(text: str, expected: str) -> None:
    assert " ".join(phones(text, "ko").names) == expected


def test_japanese_has_pitch_marks() -> None:
    pytest.importorskip("pyopenjtalk")
    assert " ".join(phones("東京へ行きます。", "ja").names) == "t o [ o ky o o e UNK i [ k i m a ] s u ."


def test_cantonese_has_its_own_finals() -> None:
    pytest.importorskip("ToJyutping")
    spoken = phones("佢話唔得。", "yue")
    assert " ".join(spoken.names) == "Yk Yeoi5 Yw Yaa6 Ym Ym4 Yd Yak1 ."
    assert spoken.word2ph == (2, 2, 2, 2, 1)


@pytest.mark.parametrize("method", METHODS)
def test_cutting_loses_no_word_and_bounds_every_piece(method: str) -> None:
    text = "你好，我是小明。" + "今天天气真好，" * 90 + "Pi is 3.14. It works. Yes!" + "字" * 1100
    cut = pieces(text, "zh", method)
    assert all(len(piece) <= 510 for piece in cut)
    assert "".join(c for piece in cut for c in piece if c.isalnum()) == "".join(c for c in text if c.isalnum())


def test_a_full_stop_between_figures_cuts_nothing() -> None:
    assert split("Pi is 3.14, yes.", "cut5") == ["Pi is 3.14,", " yes."]


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(EngineError, match="unknown_split"):
        split("x", "cut9")
