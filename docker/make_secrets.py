"""Make the secret files that compose.yaml names: ``python docker/make_secrets.py docker/secrets``. Existing files are kept.

Prints the egress public key for the environment. ``database_url``, ``s3_credentials``, ``c2pa_chain`` and ``c2pa_key`` are the operator's
own: an empty file is put in their place when they are missing, so that nothing starts by accident.
"""

from __future__ import annotations

import argparse
import base64
import os
import secrets
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

RANDOM = (
    "secret_key",
    "keks",
    "key_pepper",
    "log_signing_keys",
    "watermark_keys",
    "egress_private_key",
    "database_password",
)
BROUGHT = ("database_url", "s3_credentials", "c2pa_chain", "c2pa_key")


def main() -> None:
    """Write what is missing, mode 0600."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in RANDOM:
        _write(folder / name, base64.b64encode(secrets.token_bytes(32)))
    for name in BROUGHT:
        _write(folder / name, b"")
        if not (folder / name).read_bytes():
            sys.stderr.write(f"fill in {folder / name}\n")
    private = X25519PrivateKey.from_private_bytes(base64.b64decode((folder / "egress_private_key").read_bytes()))
    public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    sys.stdout.write(f"VIVAVOCE_EGRESS_PUBLIC_KEY={base64.b64encode(public).decode()}\n")


def _write(path: Path, data: bytes) -> None:
    if path.exists():
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


if __name__ == "__main__":
    main()
