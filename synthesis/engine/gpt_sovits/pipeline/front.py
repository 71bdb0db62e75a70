"""What the engine asks of the text front end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Stretch(Protocol):
    """Phones of text in one language; see ``text.front_end.Phones``."""

    @property
    def ids(self) -> tuple[int, ...]:
        """Numbers of the symbols."""

    @property
    def word2ph(self) -> tuple[int, ...] | None:
        """Phones of each character of ``norm``, where the language is written so."""

    @property
    def norm(self) -> str:
        """The text as it is spoken."""

    @property
    def language(self) -> str:
        """``zh``, ``en``, …"""


class Manner(Protocol):
    """How a piece is spoken, beside how the request says."""

    @property
    def rate(self) -> float:
        """Factor on the rate of speech."""

    @property
    def pitch(self) -> float:
        """Semitones."""


class Piece(Protocol):
    """What one run of the models speaks; see ``text.plan.Piece``."""

    @property
    def stretches(self) -> Sequence[Stretch]:
        """Phones, one stretch a language."""

    @property
    def text(self) -> str:
        """As written."""

    @property
    def prosody(self) -> Manner:
        """Manner."""

    @property
    def pause(self) -> float | None:
        """Seconds of silence asked for after it; None leaves it to the engine."""


class Front(Protocol):
    """Text to pieces."""

    def __call__(self, text: str, language: str) -> Sequence[Piece]:
        """Pieces of ``text`` in order; ``language`` is a tag such as ``en``, ``zh`` or ``auto``.

        Raises:
            EngineError: for text that cannot be spoken.
        """
