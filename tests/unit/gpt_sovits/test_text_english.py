"""English: full forms, homographs, unknown words, letters."""

from __future__ import annotations

import pytest

from synthesis.engine.gpt_sovits.text.front_end import phones, speak


def _names(text: str, *, imitate: bool = False) -> str:
    return " ".join(phones(text, "en", imitate=imitate).names)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, world.", "HH AH0 L OW1 , W ER1 L D ."),
        ("Dr. Smith", "D AA1 K T ER0 S M IH1 TH"),
        ("large; small", "L AA1 R JH , S M AO1 L"),
        ("They were too close to the door to close it.",
         "DH EY1 W ER1 T UW1 K L OW1 S T UW1 DH AH0 D AO1 R T UW1 K L OW1 Z IH1 T ."),
        ("I object to that object.", "AY1 AH0 B JH EH1 K T T UW1 DH AE1 T AA1 B JH EH0 K T ."),
        ("Lead the way with lead pipes.", "L IY1 D DH AH0 W EY1 W IH1 DH L EH1 D P AY1 P S ."),
        ("I read it yesterday and will read it again",
         "AY1 R EH1 D IH1 T Y EH1 S T ER0 D EY2 AH0 N D W IH1 L R IY1 D IH1 T AH0 G EH1 N"),
        ("plan A", "P L AE1 N EY1"),
        ("A plan", "AH0 P L AE1 N"),
        ("OpenAI's API", "OW1 P AH0 N EY1 AY1 Z EY1 P IY1 AY1"),
        ("xkcdz", "EH1 K S K EY1 S IY1 D IY1 Z IY1"),
    ],
)  # fmt: skip
def test_words_have_the_forms_that_the_models_know(text: str, expected: str) -> None:
    assert _names(text) == expected


def test_faults_of_upstream_are_only_imitated_when_asked() -> None:
    assert _names("large; small", imitate=True) == "L AA1 R JH S M AO1 L"
    assert _names("Dr. Smith", imitate=True).startswith("D R AY1 V .")


def test_a_short_piece_gets_a_full_stop_in_front() -> None:
    (piece,) = speak("Ok.", "en")
    assert piece.names[0] == "."


def test_a_piece_without_a_sound_is_none() -> None:
    assert speak("?!…", "en") == []
    assert speak("", "zh") == []


def test_every_symbol_of_an_unknown_word_is_one_of_the_models() -> None:
    assert "UNK" not in _names("Zubrowczyk grumbled about flibbertigibbets and qwertyuiops.")
