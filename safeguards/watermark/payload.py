"""What the platform writes into the 32 payload bits.

Bit 31 says sandbox, in the clear; bit 30 says, in the sandbox, that this is the synthetic person's own recording (actor).
The other bits are the clip number under a keyed permutation, so that payloads tell nobody how many clips there are.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from safeguards.watermark.errors import WatermarkError
from safeguards.watermark.key import WatermarkKey

SANDBOX_BIT: Final = 1 << 31
ACTOR_BIT: Final = 1 << 30
LIVE_BITS: Final = 31
SANDBOX_BITS: Final = 30
_ROUNDS: Final = 10  # NIST SP 800-38G fixes 10 for FF1


@dataclass(frozen=True, slots=True)
class ClipNumber:
    """A decoded payload: the clip counter and the world it belongs to."""

    number: int
    sandbox: bool
    actor: bool


def encode_clip_number(number: int, *, sandbox: bool, actor: bool, key: WatermarkKey) -> int:
    """Return the 32-bit payload of clip ``number``.

    Args:
        number: 0 <= number < 2**31 (live) or 2**30 (sandbox).
        sandbox: the clip belongs to the sandbox.
        actor: the clip is a synthetic sandbox person's own recording; sandbox only.
        key: watermark key.

    Raises:
        WatermarkError: ``bad_number`` out of range, or an actor outside the sandbox.
    """
    bits = SANDBOX_BITS if sandbox else LIVE_BITS
    if actor and not sandbox:
        raise WatermarkError("bad_number", "only the sandbox has actors")
    if not 0 <= number < 1 << bits:
        raise WatermarkError("bad_number", f"clip number must fit {bits} bits")
    domain = _domain(sandbox, actor)
    flags = (SANDBOX_BIT if sandbox else 0) | (ACTOR_BIT if actor else 0)
    return flags | _walk(number, bits, key.subkey(domain), forward=True)


def decode_payload(payload: int, key: WatermarkKey) -> ClipNumber:
    """Invert :func:`encode_clip_number`; every 32-bit value is the payload of exactly one clip number.

    Raises:
        WatermarkError: ``bad_payload`` outside 32 bits.
    """
    if not 0 <= payload < 1 << 32:
        raise WatermarkError("bad_payload", "payload must fit 32 bits")
    sandbox = bool(payload & SANDBOX_BIT)
    actor = sandbox and bool(payload & ACTOR_BIT)
    bits = SANDBOX_BITS if sandbox else LIVE_BITS
    number = _walk(payload & ((1 << bits) - 1), bits, key.subkey(_domain(sandbox, actor)), forward=False)
    return ClipNumber(number, sandbox, actor)


def _domain(sandbox: bool, actor: bool) -> str:
    return f"clip number {'sandbox' if sandbox else 'live'}{' actor' if actor else ''}"


def _walk(value: int, bits: int, subkey: bytes, *, forward: bool) -> int:
    """Permute ``value`` within ``bits`` bits: a balanced Feistel network on an even width, walked until it falls inside."""
    half = (bits + 1) // 2
    while True:
        value = _feistel(value, half, subkey, forward=forward)
        if value < 1 << bits:
            return value


def _feistel(value: int, half: int, subkey: bytes, *, forward: bool) -> int:
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for i in range(_ROUNDS) if forward else reversed(range(_ROUNDS)):
        if forward:
            left, right = right, left ^ (_round(right, i, subkey) & mask)
        else:
            left, right = right ^ (_round(left, i, subkey) & mask), left
    return left << half | right


def _round(value: int, index: int, subkey: bytes) -> int:
    digest = hmac.new(subkey, bytes([index]) + value.to_bytes(4, "big"), hashlib.sha256).digest()
    return int.from_bytes(digest[:4], "big")
