"""What a caller can do wrong here. Refusals of the gate are ``safeguards.errors.Refusal``; neither knows HTTP."""

from __future__ import annotations


class RequestInvalid(ValueError):
    """A value in what was asked is out of bounds, whoever asks.

    Attributes:
        code: stable machine-readable reason.
        sentence: English, tells the person what to do.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence
