"""The envelope: what a data key opens, and that nothing opens once it is destroyed."""

from __future__ import annotations

import base64
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection, transaction
from django.utils import timezone

from safeguards import vault
from safeguards.vault.models import DataKey

FIRST, SECOND = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


@pytest.fixture(autouse=True)
def _own_kek(settings: Any) -> None:
    settings.VIVAVOCE_KEKS = [FIRST]


@pytest.mark.django_db
def test_a_value_opens_under_its_key_and_context() -> None:
    key = vault.keys.create()
    sealed = vault.seal(key.id, b"transcript", context="voices.recording.transcript")
    assert b"transcript" not in sealed
    assert vault.open(key.id, sealed, context="voices.recording.transcript") == b"transcript"
    assert vault.open(str(key.id), memoryview(sealed), context="voices.recording.transcript") == b"transcript"  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_value_does_not_open_elsewhere() -> None:
    key, other = vault.keys.create(), vault.keys.create()
    sealed = vault.seal(key.id, b"x", context="a")
    for key_id, data, context in [
        (other.id, sealed, "a"),
        (key.id, sealed, "b"),
        (key.id, sealed[:-1], "a"),
        (key.id, b"", "a"),
    ]:
        with pytest.raises(vault.SealBroken):
            vault.open(key_id, data, context=context)


@pytest.mark.django_db
def test_a_value_needs_a_context() -> None:
    key = vault.keys.create()
    with pytest.raises(ValueError, match="context"):
        vault.seal(key.id, b"x", context="")


@pytest.mark.django_db
def test_destroying_a_key_ends_everything_it_sealed() -> None:
    key, other = vault.keys.create(), vault.keys.create()
    sealed = vault.seal(key.id, b"x", context="a")
    ref = vault.blobs.put(key.id, b"y", kind="clip")
    kept = vault.seal(other.id, b"z", context="a")
    vault.keys.destroy(key.id)
    for call in (
        lambda: vault.open(key.id, sealed, context="a"),
        lambda: vault.seal(key.id, b"x", context="a"),
        lambda: vault.commit(key.id, "name", "Ada"),
        lambda: vault.blobs.get(ref, key.id),
        lambda: vault.blobs.put(key.id, b"", kind="clip"),
    ):
        with pytest.raises(vault.KeyDestroyed):
            call()
    assert vault.open(other.id, kept, context="a") == b"z"


@pytest.mark.django_db
def test_destroying_twice_changes_nothing() -> None:
    key = vault.keys.create()
    vault.keys.destroy(key.id)
    first = DataKey.objects.get(pk=key.id)
    vault.keys.destroy(str(key.id))
    assert DataKey.objects.get(pk=key.id).destroyed_at == first.destroyed_at
    assert first.wrapped is None
    assert str(first).endswith("(destroyed)")


@pytest.mark.django_db
def test_an_unknown_key_is_not_a_destroyed_one() -> None:
    for call in (
        lambda: vault.seal(uuid.uuid4(), b"", context="a"),
        lambda: vault.keys.destroy(uuid.uuid4()),
    ):
        with pytest.raises(vault.KeyUnknown):
            call()


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"wrapped": None}, {"wrapped": b"x", "destroyed_at": timezone.now()}])
def test_the_database_holds_destroyed_and_empty_together(fields: dict[str, Any]) -> None:
    row = DataKey(**{"kek_id": "k", "created_at": timezone.now(), "wrapped": b"x"} | fields)
    with pytest.raises(Error), transaction.atomic():
        row.save()


@pytest.mark.django_db
def test_a_commitment_is_stable_and_bound_to_key_and_label() -> None:
    key, other = vault.keys.create(), vault.keys.create()
    value = vault.commit(key.id, "statement", "I consent")
    assert value == vault.commit(key.id, "statement", b"I consent")
    others = {vault.commit(other.id, "statement", "I consent"), vault.commit(key.id, "name", "I consent")}
    assert value not in others
    assert len(value) == 64


@pytest.mark.django_db
def test_wrapped_bytes_moved_to_another_row_do_not_open() -> None:
    key, other = vault.keys.create(), vault.keys.create()
    DataKey.objects.filter(pk=key.id).update(wrapped=other.wrapped)
    with pytest.raises(vault.SealBroken):
        vault.commit(key.id, "a", "b")


@pytest.mark.django_db
def test_rewrapping_moves_keys_and_leaves_values(settings: Any) -> None:
    key, gone = vault.keys.create(), vault.keys.create()
    sealed = vault.seal(key.id, b"x", context="a")
    vault.keys.destroy(gone.id)
    settings.VIVAVOCE_KEKS = [SECOND, FIRST]
    assert vault.open(key.id, sealed, context="a") == b"x"
    assert vault.rewrap() == 1
    assert vault.rewrap() == 0
    settings.VIVAVOCE_KEKS = [SECOND]
    assert vault.open(key.id, sealed, context="a") == b"x"


@pytest.mark.django_db
def test_a_key_under_a_retired_wrapping_key_says_what_is_missing(settings: Any) -> None:
    key = vault.keys.create()
    settings.VIVAVOCE_KEKS = [SECOND]
    for call in (lambda: vault.commit(key.id, "a", "b"), vault.rewrap):
        with pytest.raises(vault.KekMissing, match=key.kek_id):
            call()


@pytest.mark.django_db
def test_a_process_without_wrapping_keys_can_do_nothing(settings: Any) -> None:
    settings.VIVAVOCE_KEKS = []
    with pytest.raises(vault.KekMissing):
        vault.keys.create()


@pytest.mark.django_db
@pytest.mark.parametrize("kek", ["not base64!", base64.b64encode(b"short").decode()])
def test_a_wrapping_key_of_another_form_is_a_configuration_error(settings: Any, kek: str) -> None:
    settings.VIVAVOCE_KEKS = [kek]
    with pytest.raises(ImproperlyConfigured):
        vault.keys.create()


def test_the_package_has_no_other_names() -> None:
    with pytest.raises(AttributeError):
        vault.unwrap  # noqa: B018 (the access is the test)


def stored_bytes() -> bytes:
    """What lies on disk: the files of SQLite, or the heap of the table as PostgreSQL's superuser reads it."""
    if connection.vendor == "sqlite":
        files = [Path(f"{connection.settings_dict['NAME']}{suffix}") for suffix in ("", "-wal", "-journal")]
        return b"".join(path.read_bytes() for path in files if path.exists())
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT pg_read_binary_file(pg_relation_filepath('vault_datakey'))")
        return bytes(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", [0, 4, 9])
def test_no_trace_of_a_destroyed_key_is_left_on_disk(place: int) -> None:
    keys = [vault.keys.create() for _ in range(10)]
    wrapped = bytes(DataKey.objects.get(pk=keys[place].id).wrapped or b"")
    assert wrapped in stored_bytes()
    vault.keys.destroy(keys[place].id)
    assert wrapped not in stored_bytes()
