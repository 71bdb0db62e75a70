"""From marked sound to the delivered bytes, with the mark read back from exactly those bytes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Final, cast

import numpy as np

from audiokit import Audio, AudioFormat, read, resample, write
from safeguards.provenance import SIGNABLE, ClaimSigner, ProvenanceClaim, ProvenanceError, sign
from safeguards.provenance import read as read_manifest
from safeguards.watermark import Detection, WatermarkedAudio, WatermarkKey, detect

# What OpenAI's clients take headerless PCM to be; the other formats say their rate themselves.
PCM_RATE: Final = 24_000
_MAX_BYTES: Final = 2**30
_MAX_SECONDS: Final = 3600.0


class MarkLost(Exception):
    """The mark, or the right one, is not in the bytes that would have left."""


@dataclass(frozen=True)
class Encoded:
    """The bytes to deliver, the sound that a listener decodes from them, and the mark found in it."""

    data: bytes
    heard: Audio
    detection: Detection
    manifest_digest: str

    @property
    def sha256(self) -> str:
        """Of the bytes, lower-case hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


def delivery_rate(sound: Audio, format: str) -> Audio:  # noqa: A002 -- DESIGN's word
    """Sound at a rate that the format is delivered in; before the mark, which is then untouched by it."""
    return resample(sound, PCM_RATE) if format == "pcm" else sound


def encode_checked(marked: WatermarkedAudio, format: str, key: WatermarkKey, *, payload: int) -> Encoded:  # noqa: A002
    """Encode, decode what came out, and find the mark in it.

    Args:
        marked: only what the watermark's embedders return gets in.
        payload: the one that must be found.

    Raises:
        TypeError: for anything but ``WatermarkedAudio``.
        MarkLost: no mark, or another one.
    """
    if type(marked) is not WatermarkedAudio:
        raise TypeError(f"only WatermarkedAudio leaves, got {type(marked).__name__}")
    if marked.payload != payload or marked.key_id != key.key_id:
        raise MarkLost("the sound was marked for another clip, or with another key")
    data = write(marked.audio, cast(AudioFormat, format))
    heard = decode(data, format, marked.audio.channels)
    return Encoded(data, heard, found_again(heard, key, payload), "")


def found_again(heard: Audio, key: WatermarkKey, payload: int) -> Detection:
    """The mark in decoded sound.

    Raises:
        MarkLost: it is not there, or names another clip.
    """
    detection = detect(heard, [key])
    if not detection.present or detection.payload != payload:
        raise MarkLost("the mark was not found again in the encoded sound")
    return detection


def decode(data: bytes, format: str, channels: int = 1) -> Audio:  # noqa: A002 -- DESIGN's word
    """What a listener hears in delivered bytes."""
    if format == "pcm":
        samples = np.frombuffer(data, dtype="<i2").astype(np.float32) / 32768.0
        return Audio(np.ascontiguousarray(samples.reshape(-1, channels).T), PCM_RATE)
    return read(data, max_seconds=_MAX_SECONDS, max_bytes=_MAX_BYTES)


def sign_checked(encoded: Encoded, format: str, claim: ProvenanceClaim, signer: ClaimSigner) -> Encoded:  # noqa: A002
    """Embed the manifest, where the format can carry one, and make sure that it reads back and that not a sample changed.

    Raises:
        ProvenanceError: the manifest cannot be made, does not hold, or disturbed the sound.
    """
    if format not in SIGNABLE:
        return encoded
    signed = sign(encoded.data, format, claim, signer)
    report = read_manifest(signed, format)
    if report is None or not report.valid or report.payload != claim.payload or report.clip_id != claim.clip_id:
        raise ProvenanceError("the manifest does not read back as it was made")
    heard = decode(signed, format)
    if heard.sample_rate != encoded.heard.sample_rate or not np.array_equal(heard.samples, encoded.heard.samples):
        raise ProvenanceError("signing changed the sound")
    stated = json.dumps(claim.manifest(), sort_keys=True, separators=(",", ":")).encode()
    return Encoded(signed, heard, encoded.detection, hashlib.sha256(stated).hexdigest())
