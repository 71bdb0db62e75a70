"""Documents on paper."""

from __future__ import annotations

from vivavoce.web import documents


def made(words: str) -> bytes:
    return documents.pdf([documents.text(words, "title"), documents.facts([("a", words)])], title="T", footer="F")


def test_a_document_is_the_same_whenever_it_is_made() -> None:
    assert made("Receipt") == made("Receipt")
    assert made("Receipt").startswith(b"%PDF-1.")


def test_markup_in_words_is_shown_and_not_obeyed() -> None:
    assert made("<b>x</b> & <img src='/etc/passwd'/>").startswith(b"%PDF-1.")


def test_words_in_chinese_are_set_in_a_font_that_has_them() -> None:
    assert b"STSong-Light" in made("同意")
    assert b"STSong-Light" not in made("Zustimmung für Müller – “ja”")
