"""Every test of the console begins in English, whatever language a page before it was asked for in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A page that is served leaves its language on in the thread."""
    with translation.override("en"):
        yield
