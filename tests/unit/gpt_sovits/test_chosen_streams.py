"""What an operator says of streams and second attempts reaches the engine."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings

from synthesis.engine.gpt_sovits import installed as module
from synthesis.engine.gpt_sovits import loading
from synthesis.engine.gpt_sovits.pipeline.options import Options
from synthesis.render import engines


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the engine is loaded with, in place of loading it."""
    given: dict[str, Any] = {}
    parts = {"t2s": Path(), "sovits": Path(), "hubert": Path()}
    monkeypatch.setattr(module, "chosen", lambda *_: SimpleNamespace(name="a set", parts=parts))
    monkeypatch.setattr(module, "verify", lambda _: [])
    monkeypatch.setattr(loading, "load", lambda **options: given.update(options))
    return given


@pytest.mark.parametrize(
    ("device", "streams", "waits"),
    [("cpu", "", 48), ("cpu", "faithful", 96), ("cuda", "", 96), ("cuda", "quick", 48)],
)
def test_streams_are_as_the_operator_says_or_as_the_device_suits(
    loaded: dict[str, Any], monkeypatch: pytest.MonkeyPatch, device: str, streams: str, waits: int
) -> None:
    monkeypatch.setattr(settings, "VIVAVOCE_ENGINE_DEVICE", device)
    monkeypatch.setattr(settings, "VIVAVOCE_GPT_SOVITS_STREAMS", streams)

    engines._gpt_sovits()

    options = loaded["options"]
    assert (options.second_chunk, options.decoding) == (waits, Options.on(device).decoding)


def test_words_are_checked_and_references_left_out_where_the_operator_says_so(
    loaded: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    engines._gpt_sovits()
    assert not loaded["options"].check_words
    assert not loaded["options"].reference_free
    monkeypatch.setattr(settings, "VIVAVOCE_GPT_SOVITS_CHECK_WORDS", True)
    monkeypatch.setattr(settings, "VIVAVOCE_GPT_SOVITS_REFERENCE_FREE", True)
    engines._gpt_sovits()
    assert loaded["options"].check_words
    assert loaded["options"].reference_free
