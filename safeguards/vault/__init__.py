"""Envelope encryption at rest: a data key per owner, wrapped by a key-encryption key that never enters the database.

``seal``, ``open`` and ``commit`` work under a data key; ``keys.destroy`` erases all of an owner's material at once;
``blobs`` keeps large sealed objects in the storage named "vault"; ``rewrap`` moves data keys to a new key-encryption
key. Names are loaded on first use, because Django imports this package before its models exist.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import blobs, keys
    from .envelope import commit, open, seal  # noqa: A004 (vault.open is the published name)
    from .errors import BlobMissing, KekMissing, KeyDestroyed, KeyUnknown, SealBroken, VaultError
    from .keys import rewrap

__all__ = [
    "BlobMissing",
    "KekMissing",
    "KeyDestroyed",
    "KeyUnknown",
    "SealBroken",
    "VaultError",
    "blobs",
    "commit",
    "keys",
    "open",
    "rewrap",
    "seal",
]

_HOME = {"commit": "envelope", "open": "envelope", "seal": "envelope", "rewrap": "keys"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in {"blobs", "keys"}:
        return importlib.import_module(f"{__name__}.{name}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME.get(name, 'errors')}"), name)
