"""Whatever the text, the front end of GPT-SoVITS answers phones or an EngineError."""

from __future__ import annotations

import string
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.text import ssml
from synthesis.engine.gpt_sovits.text.front_end import speak
from synthesis.engine.gpt_sovits.text.plan import plan
from synthesis.engine.gpt_sovits.text.segments import segments
from synthesis.engine.gpt_sovits.text.split import METHODS

TAGS = ("zh", "all_zh", "en", "ko", "all_ko")
MIXED = st.text(
    st.one_of(
        st.sampled_from(string.printable),
        st.sampled_from("的一不了儿个长重行得地嗯三3０，。！？；：、…—～￥^％℃①π"),
        st.sampled_from("안녕값이같이놓고 こんにちは"),
        st.characters(),
    ),
    max_size=60,
)
TAGGED = st.lists(
    st.sampled_from(
        ("<speak>", "</speak>", "<break/>", "<p>", "</p>", '<prosody rate="fast">', "</prosody>", '<phoneme ph="AH0">', "</phoneme>",
         "你好", "hello ", "&amp;", "<!DOCTYPE x>", "<", ">", "1/2")
    ),
    max_size=12,
).map("".join)  # fmt: skip


@given(MIXED, st.sampled_from(TAGS), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_text_gives_phones_that_the_models_know(text: str, tag: str, imitate: bool) -> None:
    for stretch in speak(text, tag, imitate=imitate):
        assert len(stretch.ids) == len(stretch.names)
        assert all(0 <= number < 732 for number in stretch.ids)
        if stretch.word2ph is not None:
            assert len(stretch.word2ph) == len(stretch.norm)
            assert sum(stretch.word2ph) == len(stretch.ids)


@given(MIXED, st.sampled_from(TAGS), st.sampled_from(METHODS))
@settings(max_examples=80, deadline=None)
def test_any_text_is_planned_or_refused(text: str, tag: str, method: str) -> None:
    for piece in plan(text, tag, method=method):
        assert piece.ids


@given(st.one_of(MIXED, TAGGED, TAGGED.map(lambda inner: f"<speak>{inner}</speak>")))
@settings(max_examples=200, deadline=None)
def test_any_markup_is_read_or_refused(text: str) -> None:
    document = None
    with suppress(EngineError):
        document = ssml.parse(text)
    assert document is None or all(isinstance(part, ssml.Speech | ssml.Break) for part in document.parts)


@given(st.sampled_from(("hello", "世界", "3", "안녕", "A")), MIXED)
@settings(max_examples=60, deadline=None)
def test_text_with_a_word_in_it_is_never_empty(word: str, rest: str) -> None:
    tag = "ko" if word == "안녕" else "zh" if word == "世界" else "en"
    assert speak(f"{word} {rest}", tag)


@given(MIXED, st.sampled_from(("zh", "en", "auto", "all_ja", "auto_yue")))
@settings(max_examples=100, deadline=None)
def test_segments_joined_are_the_text(text: str, tag: str) -> None:
    assert "".join(segment.text for segment in segments(text, tag)) == text
