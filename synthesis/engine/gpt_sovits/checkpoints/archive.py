"""The zip container of a torch checkpoint, read with every size known beforehand.

Torch stores its entries uncompressed, so the entries together can never be larger than the file: there is no room for a
decompression bomb. Anything compressed, encrypted, doubled or outside one folder is refused.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Final

from synthesis.engine.gpt_sovits.errors import CheckpointError

MAX_BYTES: Final = 2**30
_MAX_ENTRIES: Final = 20_000
_TAGS: Final = {b"00": "v1", b"01": "v2", b"02": "v3", b"03": "v3", b"04": "v4", b"05": "v2Pro", b"06": "v2ProPlus"}
# What zipfile and its helpers raise on damaged input.
_DAMAGE: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, KeyError, IndexError, TypeError, RuntimeError,
    NotImplementedError, OverflowError, OSError, MemoryError,
)  # fmt: skip


class Archive:
    """Entries of a checkpoint by the name they have below its one top folder.

    Args:
        data: the whole file. A two-byte version tag in place of ``PK`` (files by upstream's trainer) is put right.

    Raises:
        CheckpointError: ``checkpoint_unreadable``, ``checkpoint_too_large`` or ``checkpoint_forbidden``.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_BYTES:
            raise CheckpointError(
                "checkpoint_too_large", f"The file has {len(data)} bytes; at most {MAX_BYTES} are read."
            )
        self.tag = _TAGS.get(data[:2])
        if self.tag is None and data[:2] != b"PK":
            raise CheckpointError("checkpoint_unreadable", "The file is no torch zip checkpoint.")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(b"PK" + data[2:]))
            infos = self._zip.infolist()
        except _DAMAGE as error:
            raise CheckpointError("checkpoint_unreadable", "The zip directory is damaged or cut off.") from error
        if len(infos) > _MAX_ENTRIES:
            raise CheckpointError("checkpoint_too_large", f"The file has {len(infos)} entries.")
        self._entries = _by_name(infos)
        if sum(info.file_size for info in infos) > len(data):
            raise CheckpointError("checkpoint_unreadable", "Entries claim more bytes than the file has.")
        if "byteorder" in self._entries and self.read("byteorder") != b"little":
            raise CheckpointError("checkpoint_unsupported", "Only little-endian checkpoints are read.")

    def size(self, name: str) -> int:
        """Bytes of an entry.

        Raises:
            CheckpointError: ``checkpoint_unreadable`` when there is none.
        """
        if name not in self._entries:
            raise CheckpointError("checkpoint_unreadable", f"The entry {name[:80]!r} is missing.")
        return self._entries[name].file_size

    def read(self, name: str) -> bytes:
        """An entry whole, its checksum verified.

        Raises:
            CheckpointError: ``checkpoint_unreadable``.
        """
        self.size(name)
        try:
            return self._zip.read(self._entries[name])
        except _DAMAGE as error:
            raise CheckpointError("checkpoint_unreadable", f"The entry {name[:80]!r} is damaged.") from error


def _by_name(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    entries: dict[str, zipfile.ZipInfo] = {}
    folders: set[str] = set()
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 or info.compress_size != info.file_size:
            raise CheckpointError("checkpoint_forbidden", "Compressed or encrypted entries are not read.")
        folder, _, name = info.filename.partition("/")
        folders.add(folder)
        if not name or name in entries:
            raise CheckpointError("checkpoint_forbidden", "Entries outside one folder, or doubled, are not read.")
        entries[name] = info
    if len(folders) != 1:
        raise CheckpointError("checkpoint_unreadable", "A checkpoint has exactly one top folder.")
    return entries
