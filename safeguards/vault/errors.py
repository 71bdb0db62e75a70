"""Errors of the vault.

VaultError
├── KeyUnknown     no data key has this id
├── KeyDestroyed   the data key was destroyed: what it sealed is gone for good
├── KekMissing     the key-encryption key that wraps a data key is not configured
├── SealBroken     sealed bytes were altered, cut, moved, or belong to another key or context
└── BlobMissing    the storage has no object under this ref
"""

from __future__ import annotations


class VaultError(Exception):
    """Base of all errors raised by ``safeguards.vault``."""


class KeyUnknown(VaultError):
    """No data key has this id."""


class KeyDestroyed(VaultError):
    """The data key was destroyed; nothing can open what it sealed."""


class KekMissing(VaultError):
    """A data key is wrapped by a key-encryption key that this process was not given."""


class SealBroken(VaultError):
    """The sealed bytes do not open under this data key and context."""


class BlobMissing(VaultError):
    """The storage has no object under this ref."""
