"""Identifiers in addresses and bodies. A malformed one names nothing: 404 with the same body as one that does not exist."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from vivavoce.api.problems import NOT_FOUND, Problem

_FORM = re.compile(r"[A-Za-z0-9_]{1,64}")


def _checked(text: str) -> str:
    # Not a ValueError: that would become a 422 that tells malformed from missing.
    if not _FORM.fullmatch(text):
        raise Problem(*NOT_FOUND)
    return text


Identifier = Annotated[str, AfterValidator(_checked)]
