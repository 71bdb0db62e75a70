"""Misuse 16: uploads and bodies that are meant to break what reads them. Each is 4xx with a code, and leaves no file behind."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories import accounts
from tests.factories import voices as people
from tests.functional.driver import Api, code, new_app, person_key
from vivavoce.api.body_limit import MAX_UPLOAD_BYTES
from voices.models import Recording

pytestmark = pytest.mark.django_db


def wav(samples: np.ndarray[Any, Any], rate: int = 16_000, subtype: str = "PCM_16") -> bytes:
    """A WAV file."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="WAV", subtype=subtype)
    return buffer.getvalue()


def flac_hour() -> bytes:
    """An hour of silence in about 100 kB."""
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", 8_000, 1, format="FLAC", subtype="PCM_16") as file:
        quiet = np.zeros(8_000 * 60, np.int16)
        for _ in range(60):
            file.write(quiet)
    return buffer.getvalue()


def lying_riff() -> bytes:
    """A header that promises a gigabyte."""
    data = bytearray(wav(np.zeros(16_000)))
    data[40:44] = struct.pack("<I", 2**30)
    return bytes(data)


BOMBS: dict[str, Any] = {
    "nothing": lambda: b"",
    "one byte": lambda: b"\x00",
    "text": lambda: b"#!/bin/sh\nrm -rf /\n",
    "playlist": lambda: b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n",
    "concat script": lambda: b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "svg polyglot": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
    "one sample": lambda: wav(np.zeros(1)),
    "nan and infinity": lambda: wav(np.array([np.nan, np.inf] * 16_000), subtype="FLOAT"),
    "eight channels": lambda: wav(np.zeros((16_000, 8))),
    "one hertz": lambda: wav(np.zeros(16_000), rate=1),
    "lying size": lying_riff,
    "hour of silence": flac_hour,
    "zip": lambda: b"PK\x03\x04" + bytes(1000),
    "gzip": lambda: b"\x1f\x8b\x08" + bytes(1000),
}


@pytest.fixture
def vault_folder(settings: Any, tmp_path: Path) -> Path:
    """A vault of this test's own."""
    vault = {**settings.STORAGES["vault"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "vault": vault}
    return tmp_path


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_recording_is_refused_with_a_code_and_leaves_nothing(name: str, vault_folder: Path) -> None:
    consent, challenge = people.challenged()
    owner = Api(person_key(consent.owner.account))
    response = owner.upload(f"/consents/{consent.pk}/recording?challenge_id={challenge.pk}", BOMBS[name]())
    assert 400 <= response.status_code < 500
    assert code(response) not in {"internal_error", ""}
    assert not Recording.objects.exists()
    assert [path for path in vault_folder.rglob("*") if path.is_file()] == []


def test_a_recording_beyond_the_limit_is_refused_by_its_declared_length() -> None:
    owner = Api(person_key(accounts.user()))
    response = owner.client.generic(
        "POST",
        "/v1/consents/con_x/recording?challenge_id=cha_x",
        b"x",
        content_type="audio/wav",
        headers={"Authorization": f"Bearer {owner.key}"},
        CONTENT_LENGTH=str(MAX_UPLOAD_BYTES * 3),
    )
    assert response.status_code == 413


def test_several_files_or_none_in_a_form_are_refused() -> None:
    owner = Api(person_key(accounts.user()))
    headers = {"Authorization": f"Bearer {owner.key}"}
    one, two = SimpleUploadedFile("a", b"RIFF"), SimpleUploadedFile("b", b"RIFF")
    for form in ({}, {"file": [one, two]}, {"other": one}):
        response = owner.client.post("/v1/consents/con_x/recording?challenge_id=cha_x", form, headers=headers)
        assert response.json()["code"] == "upload_missing"


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"text": ' * 50_000,
        '{"voice_id": "voi_x", "text": "' + "a" * 500_000 + '"}',
        '{"speed": 1e999, "voice_id": "voi_x", "text": "Hi."}',
        '{"speed": NaN, "voice_id": "voi_x", "text": "Hi."}',
        '{"seed": 1' + "0" * 5000 + ', "voice_id": "voi_x", "text": "Hi."}',
        '{"voice_id": "voi_x", "text": "\\ud800"}',
    ],
    ids=["deep list", "deep object", "long text", "infinity", "nan", "huge number", "lone surrogate"],
)
def test_a_hostile_body_is_refused(body: str) -> None:
    _, app = new_app()
    response = app.client.generic(
        "POST",
        "/v1/synthesis",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {app.key}"},
    )
    assert 400 <= response.status_code < 500, response.content
    assert response["Content-Type"] == "application/problem+json"


def test_a_form_with_thousands_of_fields_is_refused() -> None:
    owner = Api(person_key(accounts.user()))
    form = {f"f{number}": "x" for number in range(3000)}
    response = owner.client.post(
        "/v1/consents/con_x/recording?challenge_id=cha_x", form, headers={"Authorization": f"Bearer {owner.key}"}
    )
    assert 400 <= response.status_code < 500
    assert response["Content-Type"] == "application/problem+json"
