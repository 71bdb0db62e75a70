"""Model sets on disk: fetched by pinned digest or taken from a folder, converted, listed, verified. Loads no torch."""

from __future__ import annotations

from synthesis.engine.gpt_sovits.library.errors import ModelError
from synthesis.engine.gpt_sovits.library.fetch import fetch
from synthesis.engine.gpt_sovits.library.official import VERSIONS
from synthesis.engine.gpt_sovits.library.pins import Pin, read_pins, write_pins
from synthesis.engine.gpt_sovits.library.recognise import Parts, recognise
from synthesis.engine.gpt_sovits.library.store import ModelSet, add, listed, resolve, verify

__all__ = [
    "VERSIONS", "ModelError", "ModelSet", "Parts", "Pin", "add", "fetch", "listed", "read_pins", "recognise", "resolve", "verify",
    "write_pins",
]  # fmt: skip
