"""A synthesiser's phones become readings with the words that were given."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from synthesis.engine.parametric import phones as ph
from synthesis.engine.parametric.base import BaseModel
from synthesis.engine.parametric.prompts import SCRIPT
from synthesis.engine.parametric.train import teachers

SPOKEN = "pau:0.2 dh:0.25 ax:0.3 l:0.35 ih:0.4 dx:0.45 el:0.6 k:0.7 ae:0.9 t:1.0 pau:1.2"
WRITTEN = [["DH", "AH"], ["L", "IH", "T", "AH", "L"], ["K", "AE", "T"]]


def test_phones_get_this_engines_names_and_syllabic_ones_become_two() -> None:
    found = teachers.phones(SPOKEN)
    assert [name for name, _, _ in found] == ["", "DH", "AH", "L", "IH", "T", "AH", "L", "K", "AE", "T", ""]
    assert found[6][2] == found[7][1] == pytest.approx(0.525)
    with pytest.raises(ValueError, match="xx"):
        teachers.phones("xx:0.1")


def test_phones_get_the_words_that_they_belong_to() -> None:
    found = teachers.align(teachers.phones(SPOKEN), WRITTEN)
    assert found is not None
    assert [phone.word for phone in found] == [0, 0, 1, 1, 1, 1, 1, 2, 2, 2]
    assert found[0].start == pytest.approx(0.2)


def test_a_flap_is_what_the_dictionary_says() -> None:
    found = teachers.align(teachers.phones("l:0.1 ey:0.2 dx:0.3 iy:0.4"), [["L", "EY", "D", "IY"]])
    assert found is not None
    assert found[2].phone == "D"


def test_other_words_than_the_text_are_refused() -> None:
    assert teachers.align(teachers.phones(SPOKEN), [["M", "AO", "R", "N", "IH", "NG"], ["S", "AH", "N"]]) is None
    assert teachers.align(teachers.phones("k:0.1 ae:0.3 t:0.4"), [["K", "AE", "T"], []]) is None


def test_each_voice_says_other_texts_after_the_script() -> None:
    transcripts = [f"This is sentence number {number}." for number in range(40)]
    first, second = (set(teachers.texts(transcripts, voice)) for voice in (0, 1))
    assert first & second == set(SCRIPT)
    assert teachers.texts(transcripts, 0) == teachers.texts(transcripts, 0)


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
def test_a_take_of_flite_is_measured_with_its_own_times(base: BaseModel) -> None:
    found = teachers.reading("slt", "The small boat came home.", base.lexicon)
    assert found is not None
    vowels = [ph.PHONES[row] for row in found.track.phone if ph.PHONES[row] in ph.IS_VOWEL]
    assert vowels == ["AH", "AO", "OW", "EY", "OW"]
    assert found.frames.sum() == len(found.cepstrum)
    inside = found.cepstrum[found.speech, 0].mean()
    assert inside > found.cepstrum[~found.speech, 0].mean() + 1.0
    assert np.isfinite(found.cepstrum).all()
