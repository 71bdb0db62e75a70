"""A local folder that keeps what it says it kept."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible


@deconstructible(path="safeguards.vault.storage.DurableFolder")
class DurableFolder(FileSystemStorage):
    """Local storage that writes aside, flushes to disk, then links into place.

    A name is visible only when its whole content is on disk: a row that names a blob never survives a power cut that
    its blob did not. Folders are 0700, files 0600.
    """

    def _save(self, name: str, content: File[bytes]) -> str:
        target = Path(self.path(name))
        make_folders(target.parent)
        aside = target.with_name(f".{secrets.token_hex(8)}.part")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            # link, not rename: an existing name is an error here, never overwritten.
            os.link(aside, target)
        finally:
            aside.unlink(missing_ok=True)
        flush_folder(target.parent)
        return name


def make_folders(folder: Path) -> None:
    """Create a folder and its parents as 0700 and flush each new name to disk."""
    for path in reversed([folder, *folder.parents]):
        if not path.is_dir():
            path.mkdir(mode=0o700, exist_ok=True)
            flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Flush a folder's own entries to disk, so that a new name in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
