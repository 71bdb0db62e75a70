"""What can be wrong with a challenge that is asked for."""

from __future__ import annotations


class UnsupportedLanguageError(Exception):
    """The language has no word list, or no recogniser on this installation."""


class SentenceSupplyError(Exception):
    """Too few usable sentences to draw a challenge from."""
