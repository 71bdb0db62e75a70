"""Misuse 15: traversal, NUL and polyglot names, in addresses, bodies, queries and file names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories import accounts
from tests.factories import voices as people
from tests.functional.driver import Api, code, new_app, person_key

pytestmark = pytest.mark.django_db
NAMES = [
    "../x",
    "..%2f..%2fetc%2fpasswd",
    "/etc/passwd",
    "voi_\x00",
    "voi_01AAAA' OR 1=1 --",
    "voi_<script>",
    "＄{jndi}",
    "a" * 4000,
    "",
    " ",
    "\u202evoi_x",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_voice_by_a_hostile_name_does_not_exist(name: str) -> None:
    _, app = new_app()
    for path, body in (
        ("/audio/speech", {"model": "tts-1", "input": "Hi.", "voice": name}),
        ("/audio/speech", {"model": "tts-1", "input": "Hi.", "voice": {"id": name}}),
        ("/synthesis", {"voice_id": name, "text": "Hi.", "purpose": "narration"}),
    ):
        response = app.post(path, body)
        assert response.status_code in {404, 422}, (path, name)
        assert code(response) in {"not_found", "validation_error"}


@pytest.mark.parametrize(
    "name", ["..%2F..%2Fetc%2Fpasswd", "%00", "%2e%2e", "voi_%00", "a'--", "%F0%28%8C%28", "x" * 300]
)
def test_an_address_with_a_hostile_id_is_404(name: str) -> None:
    _, app = new_app()
    owner = Api(person_key(accounts.user()))
    for api, path in ((app, "clips"), (app, "synthesis"), (owner, "voices"), (owner, "consents")):
        response = api.get(f"/{path}/{name}")
        assert response.status_code == 404
        assert code(response) == "not_found"


@pytest.mark.parametrize("query", ["before=%00", "before=../x", "limit=-1", "limit=1e9", "limit=abc", "state=%27"])
def test_a_hostile_query_is_refused_before_the_database(query: str) -> None:
    _, app = new_app()
    assert app.get(f"/grants?{query}").status_code in {404, 422}


@pytest.mark.parametrize(
    "name",
    [
        "../../../../tmp/vivavoce-escape.wav",
        "/tmp/vivavoce-escape.wav",
        "a\x00.wav",
        "con",
        "a.wav;rm -rf",
        "x.php.wav",
        "." * 500,
    ],
)
def test_an_uploads_file_name_is_not_used_for_anything(name: str, settings: Any, tmp_path: Path) -> None:
    vault = {**settings.STORAGES["vault"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "vault": vault}
    consent = people.active_consent()
    owner = Api(person_key(consent.owner.account))
    enrolment = owner.made("/enrolments", {"voice_id": consent.voice_id})
    response = owner.client.post(
        f"/v1/enrolments/{enrolment['id']}/takes",
        {"file": SimpleUploadedFile(name, people.sound(0.5)), "transcript": "The birch canoe slid."},
        headers={"Authorization": f"Bearer {owner.key}"},
    )
    assert response.status_code in {202, 400, 422}
    assert not Path("/tmp/vivavoce-escape.wav").exists()
    kept = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert all(re.fullmatch(r"[0-9a-f]{32}", name) for name in kept)


def test_a_format_by_another_name_is_refused() -> None:
    _, app = new_app()
    for name in ("../mp3", "mp3\x00", "exe", "MP3"):
        response = app.post("/audio/speech", {"model": "m", "input": "Hi.", "voice": "voi_x", "response_format": name})
        assert response.status_code == 422


def test_a_field_with_nul_in_a_form_is_refused() -> None:
    consent, challenge = people.challenged()
    owner = Api(person_key(consent.owner.account))
    response = owner.client.post(
        f"/v1/consents/{consent.pk}/recording",
        {"file": SimpleUploadedFile("a", b"RIFF"), "challenge_id": challenge.pk + "\x00"},
        headers={"Authorization": f"Bearer {owner.key}"},
    )
    assert response.status_code == 422
