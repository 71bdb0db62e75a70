"""Refusals of the safeguards. They know no HTTP; the API maps them."""

from __future__ import annotations


class Refusal(Exception):
    """The gate says no.

    Attributes:
        code: stable reason code, the first (weightiest) of ``codes``.
        sentence: English, tells the person what to do.
        codes: every reason that held, weightiest first.
    """

    def __init__(self, code: str, sentence: str, codes: tuple[str, ...] | None = None) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence
        self.codes = codes or (code,)
