"""Secrets of the embedded shape: made once, on first start, readable by their owner only.

At scale the operator brings every secret; nothing here is called then.
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path


def ensure(folder: Path, name: str, size: int = 32) -> str:
    """The base64 secret in ``folder/name``, created with ``size`` random bytes when it does not exist.

    Two processes that start together agree: the file is written aside and linked into place, and the loser reads the winner's.
    """
    path = folder / name
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = folder / f".{name}.{secrets.token_hex(8)}"
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(size)))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path.read_text(encoding="ascii")


def renew(folder: Path, name: str, size: int = 32) -> None:
    """Put a new secret in front of those in ``folder/name``; the old ones stay, so that what they sealed, signed or marked still counts.

    Processes read it at their next start.

    Raises:
        FileNotFoundError: there is no such secret yet.
    """
    path = folder / name
    older = path.read_text(encoding="ascii").strip()
    aside = folder / f".{name}.{secrets.token_hex(8)}"
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(secrets.token_bytes(size)) + b"," + older.encode())
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
