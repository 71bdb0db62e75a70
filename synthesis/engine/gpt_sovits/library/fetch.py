"""Fetching pinned files: from folders or over HTTP, going on where a connection broke, nothing parsed before its digest."""

from __future__ import annotations

import hashlib
import ipaddress
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from synthesis.engine.gpt_sovits.library.errors import ModelError
from synthesis.engine.gpt_sovits.library.names import inside, relative
from synthesis.engine.gpt_sovits.library.pins import Pin

Progress = Callable[[str, int, int], None]
"""Path, bytes so far, bytes in all."""

_TRIES: Final = 5
_REDIRECTS: Final = 5
_TIMEOUT: Final = httpx.Timeout(30.0, connect=15.0)
_STARTS: Final = {
    ".ckpt": (b"PK", b"0"),  # upstream's version tags are two digits in place of PK
    ".pth": (b"PK", b"0"),
    ".bin": (b"PK",),
    ".json": (b"{", b"["),
}


def fetch(
    pins: Sequence[Pin], folder: Path, *, sources: Sequence[str | Path] = (), progress: Progress | None = None
) -> None:
    """Bring every pinned file into ``folder`` (made if need be).

    A file there with the right digest is kept; a partial download (``.part``) is continued. Each finished file is put in
    place by renaming.

    Args:
        sources: folders and addresses to be tried first; a file's path is appended. With a folder nothing is downloaded
            that it holds.
        progress: told of each block.

    Raises:
        ModelError: ``model_unreachable`` when no source gave a file, ``model_digest``, ``model_too_large``, ``model_type``.
    """
    tell = progress or (lambda _path, _done, _size: None)
    for pin in pins:
        target = folder / relative(pin.path)
        if target.is_symlink() or (target.exists() and not target.is_file()):
            raise ModelError("model_path", f"{target} is not a regular file.")
        if target.exists() and _matches(target, pin):
            tell(pin.path, pin.size, pin.size)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(target.name + ".part")
        if partial.is_symlink():
            partial.unlink()
        _one(pin, partial, [*sources, *pin.urls], tell)
        _check_start(pin, partial)
        partial.replace(target)


def _one(pin: Pin, partial: Path, sources: Sequence[str | Path], tell: Progress) -> None:
    """Fill ``partial`` from the first source that has the right bytes."""
    last: ModelError | None = None
    for source in sources:
        try:
            if isinstance(source, Path):
                _copy(pin, source, partial, tell)
            else:
                _download(pin, source if source in pin.urls else source.rstrip("/") + "/" + pin.path, partial, tell)
            if not _matches(partial, pin):
                partial.unlink()
                raise ModelError("model_digest", f"{source} gave other bytes for {pin.path} than were pinned.")
            return
        except ModelError as error:
            last = error
    raise last or ModelError("model_unreachable", f"No source is known for {pin.path}.")


def _copy(pin: Pin, folder: Path, partial: Path, tell: Progress) -> None:
    path = inside(folder, folder / pin.path, follow_links=False)
    if path.stat().st_size != pin.size:
        raise ModelError("model_digest", f"{path} has {path.stat().st_size} bytes, {pin.size} were pinned.")
    shutil.copyfile(path, partial)
    tell(pin.path, pin.size, pin.size)


def _download(pin: Pin, url: str, partial: Path, tell: Progress) -> None:
    """Go on until the file has its size; a server that sends more is left at once."""
    failure = "it did not answer"
    for _ in range(_TRIES):
        have = partial.stat().st_size if partial.exists() else 0
        if have > pin.size:
            partial.unlink()
            have = 0
        if have == pin.size:
            return
        try:
            with httpx.Client(timeout=_TIMEOUT, follow_redirects=False) as client:
                _receive(client, pin, url, partial, have, tell)
        except httpx.HTTPError as error:
            failure = type(error).__name__
        if partial.exists() and partial.stat().st_size == pin.size:
            return
    raise ModelError("model_unreachable", f"{url} could not be fetched: {failure}.")


def _receive(client: httpx.Client, pin: Pin, url: str, partial: Path, have: int, tell: Progress) -> None:
    for response in _responses(client, url, have):
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            partial.unlink()  # not a part of this file
            return
        if response.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
            raise ModelError("model_unreachable", f"{url} answered {response.status_code}.")
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
        start = have if resumed else 0
        if resumed and not response.headers.get("content-range", "").startswith(f"bytes {have}-"):
            raise ModelError("model_unreachable", f"{url} answered with another range than was asked for.")
        length = response.headers.get("content-length", "")
        if length.isdigit() and start + int(length) > pin.size:
            raise ModelError("model_too_large", f"{url} offers more than the {pin.size} bytes pinned for {pin.path}.")
        # Blocks as they come: what a broken connection brought is on disk.
        with partial.open("ab" if resumed else "wb") as handle:
            for block in response.iter_raw():
                start += len(block)
                if start > pin.size:
                    handle.close()
                    partial.unlink()
                    raise ModelError(
                        "model_too_large", f"{url} sends more than the {pin.size} bytes pinned for {pin.path}."
                    )
                handle.write(block)
                tell(pin.path, start, pin.size)


def _responses(client: httpx.Client, url: str, have: int) -> Iterator[httpx.Response]:
    """The one response at the end of a bounded chain of redirects, each to an address that may be asked."""
    # Compressed transfers could unfold without bound, and their ranges mean something else.
    headers = {"accept-encoding": "identity", **({"range": f"bytes={have}-"} if have else {})}
    for _ in range(_REDIRECTS):
        _may_ask(url)
        with client.stream("GET", url, headers=headers) as response:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise ModelError("model_unreachable", f"{url} answers compressed.")
            if not response.has_redirect_location:
                yield response
                return
            url = str(response.url.join(response.headers["location"]))
    raise ModelError("model_unreachable", f"{url} redirects without end.")


def _may_ask(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and _loopback(parts.hostname or "")):
        return
    raise ModelError("model_unreachable", f"{url} is not fetched: https is asked for, except from this machine.")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _matches(path: Path, pin: Pin) -> bool:
    if path.stat().st_size != pin.size:
        return False
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest() == pin.sha256


def _check_start(pin: Pin, path: Path) -> None:
    starts = _STARTS.get(Path(pin.path).suffix)
    with path.open("rb") as handle:
        begins = handle.read(4)
    if starts and not begins.startswith(starts):
        path.unlink()
        raise ModelError("model_type", f"{pin.path} does not begin as a file of its kind.")
