"""Blobs: sealed under random names, read in ranges, never moved, swept when nobody knows them."""

from __future__ import annotations

import os
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone

from safeguards import vault
from safeguards.vault.storage import DurableFolder

BACKENDS = ["django.core.files.storage.FileSystemStorage", "safeguards.vault.storage.DurableFolder"]
pytestmark = pytest.mark.django_db
PLAIN = bytes(number % 253 for number in range(200_000))


@pytest.fixture(params=BACKENDS, ids=["plain", "durable"])
def folder(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Path:
    """A vault of its own for each test, in both kinds of local folder."""
    location = tmp_path / "vault"
    vault_storage = {"BACKEND": request.param, "OPTIONS": {"location": str(location)}}
    settings.STORAGES = {**settings.STORAGES, "vault": vault_storage}
    return location


def test_a_blob_comes_back_and_lies_sealed(folder: Path) -> None:
    key = vault.keys.create()
    ref = vault.blobs.put(key.id, PLAIN, kind="recording")
    assert vault.blobs.get(ref, key.id) == PLAIN
    stored = (folder / ref).read_bytes()
    assert PLAIN[:64] not in stored
    assert ref.startswith("recording/")
    assert vault.blobs.exists(ref)


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537])
def test_sizes_around_a_chunk_come_back(folder: Path, size: int) -> None:
    key = vault.keys.create()
    ref = vault.blobs.put(key.id, PLAIN[:size], kind="clip")
    assert vault.blobs.get(ref, key.id) == PLAIN[:size]


def test_a_range_comes_back_with_the_true_size(folder: Path) -> None:
    key = vault.keys.create()
    ref = vault.blobs.put(key.id, PLAIN, kind="clip")
    with vault.blobs.open_range(ref, key.id) as reader:
        assert reader.size == len(PLAIN)
        assert reader.read(65_530, 65_545) == PLAIN[65_530:65_545]
        assert b"".join(reader.chunks(100, 70_100, step=30_000)) == PLAIN[100:70_100]
        assert b"".join(reader.chunks()) == PLAIN
        with pytest.raises(ValueError, match="not within"):
            reader.read(0, len(PLAIN) + 1)


def test_a_blob_opens_under_its_own_key_and_name_only(folder: Path) -> None:
    key, other = vault.keys.create(), vault.keys.create()
    one, two = (vault.blobs.put(key.id, text, kind="clip") for text in (b"one", b"two"))
    with pytest.raises(vault.SealBroken):
        vault.blobs.get(one, other.id)
    (folder / one).unlink()
    (folder / two).rename(folder / one)
    with pytest.raises(vault.SealBroken):
        vault.blobs.get(one, key.id)


def test_a_changed_or_cut_blob_does_not_open(folder: Path) -> None:
    key = vault.keys.create()
    ref = vault.blobs.put(key.id, PLAIN, kind="clip")
    stored = (folder / ref).read_bytes()
    (folder / ref).chmod(0o600)
    (folder / ref).write_bytes(stored[: len(stored) // 2])
    with pytest.raises(vault.SealBroken):
        vault.blobs.open_range(ref, key.id)
    (folder / ref).write_bytes(stored[:1000] + b"\x00\x00" + stored[1002:])
    with vault.blobs.open_range(ref, key.id) as reader:
        assert reader.read(70_000, 70_010) == PLAIN[70_000:70_010]
        with pytest.raises(vault.SealBroken):
            reader.read(0, 10)


def test_a_deleted_blob_is_gone_and_deleting_again_changes_nothing(folder: Path) -> None:
    key = vault.keys.create()
    ref = vault.blobs.put(key.id, b"x", kind="clip")
    vault.blobs.delete(ref)
    vault.blobs.delete(ref)
    assert not vault.blobs.exists(ref)
    with pytest.raises(vault.BlobMissing):
        vault.blobs.get(ref, key.id)


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "../secrets/kek",
        "/etc/passwd",
        "clip/aa/../../x",
        "clip/aa/" + "a" * 31,
        "CLIP/aa/" + "a" * 32,
        "clip\x00/aa/" + "a" * 32,
    ],
)
def test_a_ref_that_the_vault_never_gave_out_leads_nowhere(folder: Path, ref: str) -> None:
    key = vault.keys.create()
    with pytest.raises(vault.BlobMissing):
        vault.blobs.open_range(ref, key.id)
    with pytest.raises(vault.BlobMissing):
        vault.blobs.exists(ref)
    vault.blobs.delete(ref)


@pytest.mark.parametrize("kind", ["", "../x", "Clip", "a b", "a" * 40])
def test_a_kind_is_a_plain_word(folder: Path, kind: str) -> None:
    key = vault.keys.create()
    with pytest.raises(ValueError, match="kind"):
        vault.blobs.put(key.id, b"", kind=kind)


def test_orphans_are_what_no_row_names_and_time_has_passed_over(folder: Path) -> None:
    key = vault.keys.create()
    known, lost, fresh = (vault.blobs.put(key.id, b"x", kind="clip") for _ in range(3))
    half = folder / "clip" / ".00ff.part"
    half.write_bytes(b"cut off")
    old = (timezone.now() - timedelta(days=2)).timestamp()
    for path in (folder / known, folder / lost, half):
        os.utime(path, (old, old))
    names = vault.blobs.orphans({known}, older_than=timedelta(days=1))
    assert sorted(names) == sorted([lost, "clip/.00ff.part"])
    assert vault.blobs.sweep(names) == 2
    assert vault.blobs.sweep(names) == 2
    assert vault.blobs.get(known, key.id) == vault.blobs.get(fresh, key.id) == b"x"
    assert not vault.blobs.exists(lost)


def test_an_empty_vault_has_no_orphans(folder: Path) -> None:
    assert vault.blobs.orphans(set(), older_than=timedelta(0)) == []


def test_a_storage_that_renames_is_refused(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Renaming(DurableFolder):
        def get_available_name(self, name: str, max_length: int | None = None) -> str:
            return name + ".1"

    monkeypatch.setitem(storages._storages, "vault", Renaming(location=str(tmp_path)))
    key = vault.keys.create()
    with pytest.raises(RuntimeError, match="renamed"):
        vault.blobs.put(key.id, b"x", kind="clip")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_durable_folder_is_private_and_never_overwrites(tmp_path: Path) -> None:
    storage = DurableFolder(location=str(tmp_path / "v"))
    storage.save("clip/aa/name", ContentFile(b"x"))
    assert stat.S_IMODE((tmp_path / "v/clip/aa/name").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "v/clip").stat().st_mode) == 0o700
    with pytest.raises(FileExistsError):
        storage._save("clip/aa/name", ContentFile(b"y"))
    assert (tmp_path / "v/clip/aa/name").read_bytes() == b"x"
    assert len(list((tmp_path / "v/clip/aa").iterdir())) == 1
