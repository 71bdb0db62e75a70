"""The file-system broker of the embedded shape, made safe against half-written messages.

Kombu writes a message into the folder that others read from, so a reader may take it while it is still empty, and a stop in the middle
leaves an empty file for ever; either ends the reader. Here a message appears whole, by a rename, and one that cannot be read is
dropped: a message only nudges, the job is a row, and the sweep finds it.
"""

from __future__ import annotations

import glob
import logging
import uuid
from contextlib import suppress
from pathlib import Path
from queue import Empty
from time import monotonic, time
from typing import Any

from kombu.transport import filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps

log = logging.getLogger(__name__)
_QUESTIONS = ".pidbox"  # the queue of each worker that "who is there?" goes to
_UNREAD_SECONDS = 60.0


class Channel(filesystem.Channel):
    """Kombu's channel with whole messages."""

    def _put(self, queue: str, payload: dict[str, Any], **_: Any) -> None:  # type: ignore[override]  # kombu's two bases disagree
        folder = Path(self.data_folder_out)
        if queue.endswith(_QUESTIONS):
            _forget_unread(folder, queue)
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        aside = folder / f".{name}.part"  # no reader looks for this ending
        aside.write_bytes(str_to_bytes(dumps(payload)))
        aside.replace(folder / name)

    def _get(self, queue: str, timeout: float | None = None) -> Any:  # noqa: ARG002 - kombu's signature
        while True:
            try:
                return super()._get(queue)
            except Empty:
                raise
            except ValueError:
                # Left behind by a process that was stopped while it wrote; kombu has already taken the file away.
                log.warning("a damaged message in queue %s was dropped; the sweep finds what it was about", queue)


def _forget_unread(folder: Path, queue: str) -> None:
    """Questions to a worker that is gone are never read; without this each would leave a file for ever."""
    past = time() - _UNREAD_SECONDS
    for path in folder.glob(f"*.{glob.escape(queue)}.msg"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < past:
                path.unlink()


class Transport(filesystem.Transport):
    """Kombu's transport with that channel."""

    Channel = Channel
