"""What a caller of this room can do wrong. None knows HTTP; the API maps them."""

from __future__ import annotations


class AccountsError(Exception):
    """Base of this room's errors.

    Attributes:
        code: stable machine-readable reason.
        sentence: English, tells the person what to do.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence


class NotFound(AccountsError):
    """No such row, or none that this principal may know of; nobody can tell which."""

    def __init__(self) -> None:
        super().__init__("not_found", "There is no such object.")


class Invalid(AccountsError):
    """A value is out of bounds, whoever asks."""


class Conflict(AccountsError):
    """The row is in a state in which this cannot be done."""


class Forbidden(AccountsError):
    """The principal is known, but its role or scope does not reach this far."""


class KeyRefused(AccountsError):
    """The API key presented is malformed, unknown, expired, revoked, or used from an address outside its list.

    One code and sentence for all of these, except where the holder of a genuine key needs to know which.
    """

    def __init__(self, code: str = "key_invalid", sentence: str = "This API key is not valid.") -> None:
        super().__init__(code, sentence)
