"""What a caller can do wrong here; refusals of the gate are ``safeguards.errors.Refusal``. Neither knows HTTP."""

from __future__ import annotations

from voices.errors import Invalid


class RequestInvalid(Invalid):
    """A value in what was asked is out of bounds, whoever asks. ``code`` is stable, ``sentence`` tells the person what to do."""
