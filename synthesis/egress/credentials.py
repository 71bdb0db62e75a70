"""What only egress (and analysis, for reading marks) may hold: watermark keys and the C2PA signer."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from audiokit.clock import now
from safeguards.provenance import ClaimSigner
from safeguards.watermark import WatermarkError, WatermarkKey


def watermark_keys() -> list[WatermarkKey]:
    """All keys of this process, the current one first; marks are embedded with that one and looked for with all.

    Raises:
        ImproperlyConfigured: there is none, or an entry is no key. Without a key nothing leaves.
    """
    try:
        keys = [
            WatermarkKey.from_bytes(base64.b64decode(text, validate=True)) for text in settings.VIVAVOCE_WATERMARK_KEYS
        ]
    except (binascii.Error, WatermarkError) as error:
        raise ImproperlyConfigured("VIVAVOCE_WATERMARK_KEYS holds an entry that is not base64 of 32 bytes") from error
    if not keys:
        raise ImproperlyConfigured(
            "this process holds no watermark key: set VIVAVOCE_WATERMARK_KEYS, and the role egress or analysis"
        )
    return keys


def claim_signer() -> ClaimSigner:
    """The operator's C2PA chain; in the embedded shape a local one, made on first use.

    Raises:
        ProvenanceError: at scale, when none is configured.
    """
    chain, key = Path(settings.VIVAVOCE_C2PA_CHAIN), Path(settings.VIVAVOCE_C2PA_KEY)
    if settings.EMBEDDED:
        return ClaimSigner.ensure_local(chain, key, issuer="Vivavoce (this machine)", now=now())
    return ClaimSigner.from_files(chain, key)
