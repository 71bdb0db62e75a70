"""The vault on S3, against a real HTTP server that speaks its protocol."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from django.core.files.storage import storages
from moto.server import ThreadedMotoServer

from safeguards import vault
from safeguards.crypto.stream import HEADER_BYTES, TAG_BYTES

PLAIN = bytes(number % 253 for number in range(300_000))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """An S3 server in this process, on a free port."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["", "vault"], ids=["bucket root", "prefix"])
def bucket(request: pytest.FixtureRequest, endpoint: str, settings: Any) -> Any:
    """A bucket of its own; with and without a key prefix."""
    name = "vault-" + (request.param or "root")
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    made = boto3.resource("s3", endpoint_url=endpoint, **credentials).create_bucket(Bucket=name)
    options = {
        "bucket_name": name,
        "endpoint_url": endpoint,
        "access_key": "test",
        "secret_key": "test",
        "region_name": "us-east-1",
        "default_acl": None,
        "file_overwrite": False,
        "location": request.param,
    }
    settings.STORAGES = {
        **settings.STORAGES,
        "vault": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options},
    }
    return made


@pytest.mark.django_db
def test_a_blob_lives_and_dies_on_s3(bucket: Any) -> None:
    key = vault.keys.create()
    ref = vault.blobs.put(key.id, PLAIN, kind="clip")
    assert vault.blobs.get(ref, key.id) == PLAIN
    assert [item.key.endswith(ref) for item in bucket.objects.all()] == [True]
    assert vault.blobs.orphans({ref}, older_than=timedelta(seconds=-60)) == []
    assert vault.blobs.orphans(set(), older_than=timedelta(seconds=-60)) == [ref]
    vault.blobs.delete(ref)
    vault.blobs.delete(ref)
    with pytest.raises(vault.BlobMissing):
        vault.blobs.get(ref, key.id)


@pytest.mark.django_db
def test_a_range_asks_s3_for_the_chunks_it_needs(bucket: Any) -> None:
    key = vault.keys.create()
    ref = vault.blobs.put(key.id, PLAIN, kind="clip")
    asked: list[str] = []
    events = storages["vault"].bucket.meta.client.meta.events  # type: ignore[attr-defined]
    with vault.blobs.open_range(ref, key.id) as reader:
        events.register("before-send.s3.GetObject", lambda request, **_: asked.append(str(request.headers["Range"])))
        assert reader.read(70_000, 70_100) == PLAIN[70_000:70_100]
    start = HEADER_BYTES + 65_536 + TAG_BYTES
    assert [text.removeprefix("b'").rstrip("'") for text in asked] == [
        f"bytes={start}-{start + 65_536 + TAG_BYTES - 1}"
    ]
