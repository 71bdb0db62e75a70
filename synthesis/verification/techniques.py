"""The four ways of recognising sound made here. Each looks at the bytes or the sound and answers for itself."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from audiokit import Audio, AudioError
from audiokit.sniff import sniff
from safeguards import fingerprint, provenance, watermark
from safeguards.measured import measures_for
from safeguards.provenance import ManifestReport
from safeguards.watermark import WatermarkError, WatermarkKey
from safeguards.watermark.detect import PRESENT_LOG10_P
from synthesis.models import Clip, ClipNumber
from synthesis.verification.findings import Outcome, Technique
from synthesis.verification.index import clip_index

# Container, as audiokit names it, to delivery format, as provenance does.
_SIGNED_CONTAINERS: Final = {"wav": "wav", "mp3": "mp3", "mp4": "aac", "flac": "flac"}
HASH_VERSION: Final = "sha256"
MANIFEST_VERSION: Final = "c2pa-2"
# How often each says "found" of sound that was not made here, at the point from which it says so: a forged P-256 signature, the bound
# of the mark's test, two files of one SHA-256, chance likeness in the whole index.
OPERATING_RATES: Final = {
    "manifest": 0.0,
    "watermark": 10.0**PRESENT_LOG10_P,
    "exact_hash": 2.0**-256,
    "fingerprint": fingerprint.FALSE_MATCH_RATE,
}


# A mark counts as copied only where there is at least this much sound on both sides, and it resembles the clip that it names no
# more than chance would have it, at fingerprint.FALSE_MATCH_RATE. Measured in bench.fingerprint on test speakers: other speech passes
# for the clip in 10 of 4960 pairs, and 2 s of the clip itself is missed in .003 of 57 attacks.
COPY_SECONDS: Final = 1.5


def trust_anchors() -> bytes | None:
    """The roots whose manifests count as ours: the root beside the configured chain, else the chain itself."""
    if not settings.VIVAVOCE_C2PA_CHAIN:
        return None
    chain = Path(settings.VIVAVOCE_C2PA_CHAIN)
    root = chain.with_name("root.pem")
    for path in (root, chain):
        if path.exists():
            return path.read_bytes()
    return None


def by_manifest(data: bytes) -> Technique:
    """The C2PA manifest in the file: found only if hashes and signature hold and the signer is ours."""
    version = MANIFEST_VERSION
    try:
        container = sniff(data).name
    except AudioError:
        return Technique("manifest", Outcome.NOT_APPLICABLE, version)
    if container not in _SIGNED_CONTAINERS:
        return Technique("manifest", Outcome.NOT_APPLICABLE, version)
    report = provenance.read(data, _SIGNED_CONTAINERS[container], trust_anchors=trust_anchors())
    if report is None:
        return Technique("manifest", Outcome.NOT_FOUND, version)
    return _judged(report, version)


def _judged(report: ManifestReport, version: str) -> Technique:
    detail = {
        "valid": report.valid,
        "trusted": report.trusted,
        "signer": report.signer,
        "created_at": report.created_at,
        "problems": list(report.problems),
    }
    if not (report.ours and report.valid and report.trusted):
        # Anybody can write our name into a manifest and sign it with a key of their own.
        return Technique("manifest", Outcome.NOT_FOUND, version, detail=detail)
    request_id = Clip.objects.filter(pk=report.clip_id).values_list("request_id", flat=True).first()
    # What is left is forging an ECDSA P-256 signature.
    return Technique("manifest", Outcome.FOUND, version, request_id=request_id, false_positive_rate=0.0, detail=detail)


def by_watermark(sound: Audio, keys: list[WatermarkKey]) -> Technique:
    """The mark in the sound, with any key we ever used."""
    version = watermark.VERSION
    errors = measures_for("watermark", sound.seconds)
    try:
        detection = watermark.detect(sound, keys)
    except WatermarkError as error:
        problem = {"problem": error.code}
        return Technique("watermark", Outcome.INCONCLUSIVE, version, detail=problem, errors=errors)
    detail: dict[str, Any] = {"log10_p": round(detection.log10_p, 2)}
    if not detection.present:
        rate = OPERATING_RATES["watermark"]
        return Technique(
            "watermark", Outcome.NOT_FOUND, version, false_positive_rate=rate, detail=detail, errors=errors
        )
    request_id = None
    if detection.payload is not None and detection.key_index is not None:
        key = keys[detection.key_index]
        number = ClipNumber.objects.filter(key_id=key.key_id, payload=detection.payload).first()
        request_id = number.request_id if number else None
        decoded = watermark.decode_payload(detection.payload, key)
        detail |= {
            "payload": f"{detection.payload:08x}",
            "key_id": key.key_id,
            "sandbox": decoded.sandbox,
            "actor": decoded.actor,
        }
    return Technique(
        "watermark",
        Outcome.FOUND,
        version,
        request_id=request_id,
        spans=detection.spans,
        false_positive_rate=10.0 ** max(detection.log10_p, -300.0),
        detail=detail,
        errors=errors,
    )


def by_supposed_watermark(sound: Audio, keys: list[WatermarkKey], mark: Technique, printed: Technique) -> Technique:
    """The mark of the clip that the fingerprint names, where the mark is too weak to be found by itself; otherwise ``mark`` as it was.

    A narrow telephone codec leaves too little of a mark to be found blindly. That is no removal.
    """
    if mark.outcome is not Outcome.NOT_FOUND or printed.outcome is not Outcome.FOUND:
        return mark
    number = ClipNumber.objects.filter(request_id=printed.request_id).exclude(payload=None).first()
    key = next((key for key in keys if number is not None and key.key_id == number.key_id), None)
    if number is None or number.payload is None or key is None:
        return mark
    detection = watermark.confirm(sound, number.payload, key)
    if not detection.present:
        return mark
    return replace(
        mark,
        outcome=Outcome.FOUND,
        request_id=number.request_id,
        spans=detection.spans,
        false_positive_rate=10.0 ** max(detection.log10_p, -300.0),
        detail={
            "log10_p": round(detection.log10_p, 2),
            "payload": f"{number.payload:08x}",
            "key_id": key.key_id,
            "supposed": True,
        },
    )


def by_exact_hash(data: bytes) -> Technique:
    """The very bytes that were delivered."""
    clip = Clip.objects.filter(sha256=hashlib.sha256(data).hexdigest()).first()
    if clip is None:
        return Technique("exact_hash", Outcome.NOT_FOUND, HASH_VERSION)
    return Technique(
        "exact_hash",
        Outcome.FOUND,
        HASH_VERSION,
        request_id=clip.request_id,
        spans=((0.0, clip.seconds),),
        false_positive_rate=2.0**-256,
    )


def by_fingerprint(sound: Audio, *, expected_request_id: str | None) -> Technique:
    """The acoustic fingerprint against those of all released clips.

    Args:
        expected_request_id: what the mark names; the detail then says whether that clip's fingerprint, which we hold, is missing here.
    """
    version = fingerprint.VERSION
    errors = measures_for("fingerprint", sound.seconds)
    try:
        printed = fingerprint.extract(sound)
    except fingerprint.FingerprintError:
        problem = {"problem": "too_short"}
        return Technique("fingerprint", Outcome.INCONCLUSIVE, version, detail=problem, errors=errors)
    matches = clip_index().matches(printed)
    detail: dict[str, Any] = {"expected_missing": _missing(printed, sound.seconds, expected_request_id)}
    if not matches:
        return Technique("fingerprint", Outcome.NOT_FOUND, version, detail=detail, errors=errors)
    best = matches[0]
    request_id = Clip.objects.filter(pk=best.id).values_list("request_id", flat=True).first()
    detail |= {
        "score": round(best.score, 4),
        "log10_p": round(best.log10_p, 2),
        "offset_s": round(best.offset_s, 2),
        "speed": round(best.speed, 4),
        "overlap_s": round(best.overlap_s, 2),
    }
    return Technique(
        "fingerprint",
        Outcome.FOUND,
        version,
        request_id=request_id,
        # The tail below FALSE_MATCH_RATE is an extrapolation that measured worse than it says: never claim less.
        false_positive_rate=max(10.0**best.log10_p, fingerprint.FALSE_MATCH_RATE),
        detail=detail,
        errors=errors,
    )


def _missing(printed: bytes, seconds: float, request_id: str | None) -> bool:
    """Whether we hold the fingerprint of the clip that the mark names, and this sound, though long enough, is not that clip."""
    clip = Clip.objects.filter(request_id=request_id).exclude(fingerprint=None).first() if request_id else None
    if clip is None or clip.fingerprint is None or min(seconds, clip.seconds) < COPY_SECONDS:
        return False
    # Asked of one record, not of the whole index: a much weaker likeness will do.
    return not fingerprint.compare(printed, bytes(clip.fingerprint)).surprising
