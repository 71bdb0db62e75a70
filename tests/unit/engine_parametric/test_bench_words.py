"""Words lost in real speech, in the clone's and in another synthesiser's are counted alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.engine import flite, real_speech
from bench.engine.owners import Owner
from bench.engine.recogniser import Recogniser
from synthesis.engine import parametric
from synthesis.engine.voice_model import VoiceModel
from tests.speech_data import clips, load


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A manifest whose transcripts fill the recogniser's vocabulary."""
    text = "the house stood near the river and nobody knew who had built it or when"
    (tmp_path / "manifest.csv").write_text(f"set,transcript\nkathleen,{text}\n", "utf-8")
    return tmp_path


def test_words_that_the_recogniser_lacks_are_pronounced_by_our_lexicon(anna: VoiceModel, corpus: Path) -> None:
    sentence = "She sold the vivavoce near the river."  # a word that no dictionary holds
    spoken = parametric.render(anna, sentence, seed=1).to_mono()
    with_it, words = Recogniser(corpus, [sentence]).errors(spoken, sentence)
    without, _ = Recogniser(corpus, [sentence.replace("vivavoce", "house")]).errors(spoken, sentence)
    assert words == 7
    assert with_it < without


def test_rates_are_over_all_words_and_intervals_over_owners() -> None:
    found = real_speech.rates({"real": {"a": (1, 10), "b": (5, 10)}, "clone": {"a": (2, 10), "b": (4, 20)}})
    assert found["real"] == (0.3, 0.1, 0.5, 20)
    assert found["clone"] == (0.2, 0.2, 0.2, 30)


def test_every_take_is_counted_for_everyone_who_speaks(
    anna: VoiceModel, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flite, "installed", lambda: False)
    takes = [(load(clip), clip.transcript) for clip in clips("ls2033")[:2]]
    owner = Owner("ls2033", "M", takes[:1], [], takes[1:])
    table = real_speech.word_errors([owner], {"ls2033": anna}, corpus)
    for part, (_, text) in zip(("enrolled", "unheard"), takes, strict=True):
        assert set(table[part]) == {"real", "WORLD copy", "clone"}
        for by_owner in table[part].values():
            assert by_owner["ls2033"][1] == len(text.split())
