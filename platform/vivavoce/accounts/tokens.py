"""The written form of an API key: ``vv_<live|test>_<id>_<secret><crc>``.

``id`` is public and finds the row; ``secret`` has 256 bits; ``crc`` is CRC-32 over everything before it in base 62, so that a typo or a
cut-off key is refused without a database lookup and secret scanners can tell a real key from a look-alike.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings

from vivavoce.accounts.errors import KeyRefused

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LENGTH = 12
_SECRET_LENGTH = 43  # 62 ** 43 > 2 ** 256
_CRC_LENGTH = 6  # 62 ** 6 > 2 ** 32
_FORM = re.compile(rf"vv_(live|test)_([0-9A-Za-z]{{{_ID_LENGTH}}})_([0-9A-Za-z]{{{_SECRET_LENGTH + _CRC_LENGTH}}})")
_WORLDS = {"live": "live", "test": "sandbox"}
_MARKS = {world: mark for mark, world in _WORLDS.items()}


@dataclass(frozen=True, slots=True)
class Token:
    """A well-formed key. ``text`` is the secret whole; it is hidden from ``repr``."""

    id: str
    world: str
    text: str = field(repr=False)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode("ascii")), _CRC_LENGTH)


def make(world: str) -> Token:
    """A new random key for ``live`` or ``sandbox``."""
    key_id = _base62(secrets.randbelow(62**_ID_LENGTH), _ID_LENGTH)
    secret = _base62(secrets.randbelow(2**256), _SECRET_LENGTH)
    body = f"vv_{_MARKS[world]}_{key_id}_{secret}"
    return Token(key_id, world, body + _checksum(body))


def parse(text: str) -> Token:
    """Read a key as it was presented.

    Raises:
        KeyRefused: another form, or the checksum does not fit.
    """
    found = _FORM.fullmatch(text)
    if found is None or not hmac.compare_digest(_checksum(text[:-_CRC_LENGTH]), text[-_CRC_LENGTH:]):
        raise KeyRefused
    return Token(found[2], _WORLDS[found[1]], text)


def _peppers() -> Sequence[bytes]:
    return [base64.b64decode(pepper) for pepper in settings.VIVAVOCE_KEY_PEPPER]


def _mac(pepper: bytes, token: Token) -> str:
    return hmac.new(pepper, b"vivavoce/api-key/v1\x00" + token.text.encode("ascii"), "sha256").hexdigest()


def digest(token: Token) -> str:
    """What is stored: HMAC-SHA256 under the current pepper, hex. The secret has full entropy, so no slow hash is needed."""
    return _mac(_peppers()[0], token)


def check(token: Token, stored: str | None) -> None:
    """Compare in constant time with what is stored, under each pepper. ``None`` (no such key) costs the same and always fails.

    Raises:
        KeyRefused: it does not match.
    """
    expected = stored if stored is not None else "0" * 64
    matches = [hmac.compare_digest(_mac(pepper, token), expected) for pepper in _peppers()]
    if stored is None or not any(matches):
        raise KeyRefused
