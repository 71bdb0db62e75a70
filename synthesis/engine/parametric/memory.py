"""What a worker keeps of what it freed, where the C library is glibc; elsewhere nothing happens."""

from __future__ import annotations

import ctypes
from typing import Final

_MMAP_THRESHOLD: Final = -3  # M_MMAP_THRESHOLD of mallopt(3)
_BLOCK: Final = 64 * 1024


def give_back() -> None:
    """What was freed goes back to the system (malloc_trim(3))."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def keep_no_large_blocks() -> None:
    """From now on blocks of 64 KiB and more are mapped one by one, and go back when they are freed.

    By itself glibc raises that limit to the largest block it has seen freed, and then the tensors of a training step of many
    sizes lie in a heap with holes between them.
    """
    tune = getattr(ctypes.CDLL(None), "mallopt", None)
    if tune is not None:
        tune(_MMAP_THRESHOLD, _BLOCK)
