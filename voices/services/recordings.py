"""Taking a recording in: bounded decoding, then the samples alone are kept, sealed. The uploaded file itself is never stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from audiokit import Audio, read, write
from audiokit.clock import now
from safeguards import vault
from voices.models import Owner, Recording

MAX_BYTES = 32 * 1024 * 1024
MAX_CONSENT_SECONDS = 90.0
MAX_TAKE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Stored:
    """Sound in the vault that no row names yet."""

    owner: Owner
    blob: str
    digest: str
    seconds: float
    sample_rate: int

    def recording(self, purpose: str) -> Recording:
        """Make the row, inside the caller's transaction."""
        return Recording.objects.create(
            owner=self.owner,
            world=self.owner.world,
            purpose=purpose,
            blob=self.blob,
            digest=self.digest,
            seconds=self.seconds,
            sample_rate=self.sample_rate,
            created_at=now(),
        )


@contextmanager
def stored(owner: Owner, audio: Audio) -> Iterator[Stored]:
    """Seal ``audio`` before the transaction of the block; the blob goes again when the block raises."""
    blob = vault.blobs.put(owner.data_key_id, write(audio, "flac"), kind="recording")
    try:
        digest = vault.commit(owner.data_key_id, "voices.recording", audio.samples.tobytes())
        yield Stored(owner, blob, digest, audio.seconds, audio.sample_rate)
    except BaseException:
        vault.blobs.delete(blob)
        raise


def decoded(data: bytes, *, max_seconds: float) -> Audio:
    """Decode an upload.

    Raises:
        AudioError: with the code of what is wrong with it.
    """
    return read(data, max_seconds=max_seconds, max_bytes=MAX_BYTES)
