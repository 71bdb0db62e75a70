"""Read and judge the manifest in a file."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

from safeguards.provenance.claim import SOFT_BINDING_ALGORITHM
from safeguards.provenance.signing import SIGNABLE


@dataclass(frozen=True)
class ManifestReport:
    """What an embedded manifest says, and whether its hashes and signature hold.

    Attributes:
        valid: content hash and signature hold.
        trusted: the signer's chain ends in a root of the given trust list.
        ours: the manifest carries our soft binding.
        payload: the 32 bits it names, when it is ours.
        clip_id: the clip it names, when it is ours.
        signer: common name of the signing certificate's issuer, as the reader shows it.
        problems: codes of the failed validations.
    """

    valid: bool
    trusted: bool
    ours: bool
    payload: int | None
    clip_id: str | None
    signer: str | None
    created_at: str | None
    problems: tuple[str, ...]


def read(data: bytes, format: str, *, trust_anchors: bytes | None = None) -> ManifestReport | None:  # noqa: A002 - DESIGN's word
    """The manifest of encoded audio, or None when there is none (or the format carries none).

    A file from outside is only parsed, never executed; a manifest that does not parse is reported as invalid, not raised.

    Args:
        format: delivery format, see ``SIGNABLE``.
        trust_anchors: PEM roots to trust; without them nothing is trusted.
    """
    import c2pa

    if format not in SIGNABLE:
        return None
    settings: dict[str, Any] = {"verify": {"verify_trust": trust_anchors is not None, "remote_manifest_fetch": False}}
    if trust_anchors is not None:
        settings["trust"] = {"trust_anchors": trust_anchors.decode("ascii")}
    try:
        context = c2pa.Context.builder().with_settings(c2pa.Settings.from_dict(settings)).build()
        reader = c2pa.Reader.try_create(SIGNABLE[format], io.BytesIO(data), context=context)
        if reader is None:
            return None
        with reader:
            state = reader.get_validation_state()
            manifest = reader.get_active_manifest() or {}
            results = reader.get_validation_results() or {}
    except (c2pa.C2paError, json.JSONDecodeError, UnicodeDecodeError) as error:
        return ManifestReport(False, False, False, None, None, None, None, (f"unreadable: {type(error).__name__}",))
    binding = _soft_binding(manifest)
    failures = results.get("activeManifest", {}).get("failure", [])
    problems = tuple(sorted({item["code"] for item in failures if item["code"] != "signingCredential.untrusted"}))
    signature = manifest.get("signature_info") or {}
    return ManifestReport(
        valid=state in {"Valid", "Trusted"},
        trusted=state == "Trusted",
        ours=binding is not None,
        payload=binding,
        clip_id=manifest.get("title") if binding is not None else None,
        signer=signature.get("common_name") or signature.get("issuer"),
        created_at=_created(manifest),
        problems=problems,
    )


def _assertion(manifest: dict[str, Any], label: str) -> dict[str, Any]:
    for assertion in manifest.get("assertions", []):
        if assertion.get("label") == label and isinstance(assertion.get("data"), dict):
            found: dict[str, Any] = assertion["data"]
            return found
    return {}


def _soft_binding(manifest: dict[str, Any]) -> int | None:
    data = _assertion(manifest, "c2pa.soft-binding")
    if data.get("alg") != SOFT_BINDING_ALGORITHM:
        return None
    try:
        value = str(data["blocks"][0]["value"])
        return int(value, 16) if len(value) == 8 else None
    except (KeyError, IndexError, ValueError, TypeError):
        return None


def _created(manifest: dict[str, Any]) -> str | None:
    for action in _assertion(manifest, "c2pa.actions.v2").get("actions", []):
        if action.get("action") == "c2pa.created":
            return str(action.get("when")) if action.get("when") else None
    return None
