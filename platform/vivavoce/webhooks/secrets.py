"""Signing secrets of endpoints, and the headers they make."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from standardwebhooks.webhooks import Webhook

from safeguards import vault
from vivavoce.webhooks.models import Endpoint

_PREFIX = "whsec_"
_BYTES = 32


def new() -> str:
    """``whsec_`` and 256 bits in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def seal(endpoint: Endpoint, secret: str) -> bytes:
    """For the endpoint's row."""
    return vault.seal(endpoint.data_key_id, secret.encode(), context=f"webhooks.secret:{endpoint.pk}")


def _open(endpoint: Endpoint, sealed: bytes) -> str:
    return vault.open(endpoint.data_key_id, sealed, context=f"webhooks.secret:{endpoint.pk}").decode()


def headers(endpoint: Endpoint, message_id: str, payload: str, at: datetime) -> dict[str, str]:
    """``webhook-id``, ``webhook-timestamp`` and ``webhook-signature``; two signatures while the secret is being rotated."""
    sealed = [bytes(endpoint.secret_sealed)]
    if (
        endpoint.old_secret_sealed is not None
        and endpoint.old_secret_until is not None
        and at < endpoint.old_secret_until
    ):
        sealed.append(bytes(endpoint.old_secret_sealed))
    signatures = [Webhook(_open(endpoint, one)).sign(message_id, at, payload) for one in sealed]
    return {
        "Content-Type": "application/json",
        "User-Agent": "vivavoce-webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
