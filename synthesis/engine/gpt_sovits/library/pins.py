"""Pin files: which bytes are wanted, and where they may be fetched.

    {"format": 1, "files": [{"path": "s1v3.ckpt", "size": 155284856, "sha256": "…", "urls": ["https://…"]}],
     "mirrors": ["https://…/resolve/main/"]}

A mirror is an address that a file's path is appended to. Neither addresses nor mirrors are trusted: the digest decides.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from synthesis.engine.gpt_sovits.library.errors import ModelError
from synthesis.engine.gpt_sovits.library.names import relative

FORMAT: Final = 1
MAX_FILE: Final = 2**31
_MAX_PINS: Final = 2**20
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Pin:
    """One file: path within the set, size in bytes, SHA-256 in lower-case hexadecimal, addresses."""

    path: str
    size: int
    sha256: str
    urls: tuple[str, ...] = ()


def read_pins(path: Path) -> list[Pin]:
    """Pins of a file, mirrors written out as addresses.

    Raises:
        ModelError: ``model_unpinned`` for a file without path, size or digest; ``model_path``, ``model_too_large``.
    """
    try:
        if path.stat().st_size > _MAX_PINS:
            raise ModelError("model_too_large", "The pin file is too large.")
        document = json.loads(path.read_bytes())
        if document["format"] != FORMAT:
            raise ModelError("model_unpinned", "The pin file is of another format.")
        mirrors = [_address(mirror) for mirror in document.get("mirrors", [])]
        pins = [_pin(entry, mirrors) for entry in document["files"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(
            "model_unpinned", "There is no readable pin file with path, size and sha256 of each file."
        ) from error
    if not pins or len({pin.path for pin in pins}) != len(pins):
        raise ModelError("model_unpinned", "A pin file names at least one file, and each once.")
    return pins


def write_pins(path: Path, pins: Sequence[Pin]) -> None:
    """Write a pin file, to be handed to other machines."""
    files = [{"path": pin.path, "size": pin.size, "sha256": pin.sha256, "urls": list(pin.urls)} for pin in pins]
    path.write_text(json.dumps({"format": FORMAT, "files": files}, indent=1) + "\n", "utf-8")


def pin_of(path: Path, name: str) -> Pin:
    """The pin of a file as it is now."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as handle:
        while block := handle.read(2**20):
            digest.update(block)
            size += len(block)
    return Pin(name, size, digest.hexdigest())


def _pin(entry: Any, mirrors: Sequence[str]) -> Pin:
    path, size, digest = relative(str(entry["path"])), entry["size"], str(entry["sha256"])
    if type(size) is not int or not 0 < size <= MAX_FILE:
        raise ModelError("model_too_large", f"The size of {path} is not between 1 and {MAX_FILE} bytes.")
    if not _SHA256.fullmatch(digest):
        raise ModelError("model_unpinned", f"There is no SHA-256 for {path}.")
    urls = [_address(url) for url in entry.get("urls", [])]
    return Pin(path, size, digest, (*urls, *(mirror.rstrip("/") + "/" + path for mirror in mirrors)))


def _address(url: Any) -> str:
    if type(url) is not str or not url.startswith(("https://", "http://")):
        raise ModelError("model_path", "Addresses begin with https:// or http://.")
    return url
