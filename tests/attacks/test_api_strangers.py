"""Misuse 12: a key of app A on what is B's. Every object endpoint answers a stranger as it answers for an id that does not exist: same status, same body."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audiokit import Audio, write
from synthesis.services import verify_submit
from tests.factories import accounts
from tests.factories import voices as people
from tests.functional.driver import Api, app_key, content, document, new_app, person_key, release
from vivavoce.accounts.models import Organisation
from vivavoce.accounts.principals import AppPrincipal
from vivavoce.webhooks import services as webhooks
from voices.models import Consent, Enrolment

pytestmark = pytest.mark.django_db
MISSING = "01AAAAAAAAAAAAAAAAAAAAAAAA"


@dataclass(frozen=True)
class Things:
    """One of each kind, all of one owner and one app."""

    ids: dict[str, str]
    owner: Api
    app: Api


@pytest.fixture
def things(settings: Any) -> Things:
    """Made by the services."""
    settings.VIVAVOCE_WEBHOOK_ALLOW_PRIVATE = True
    grant = people.active_grant()
    voice = grant.voice
    app = Api(app_key(grant.organisation))
    spoken = app.made("/synthesis", {"voice_id": voice.pk, "text": "Hi.", "purpose": "narration", "format": "wav"})
    clip = release(spoken["id"])
    principal = AppPrincipal(grant.organisation_id, "sandbox", "key", frozenset({"webhooks"}))
    endpoint = webhooks.endpoint_add(app=principal, url="http://127.0.0.1:9/x", types=["clip.released"]).endpoint
    delivery = webhooks.test_send(app=principal, endpoint_id=endpoint.pk)
    enrolment = Enrolment.objects.get(voice=voice)
    consent, challenge = people.challenged(people.voice(of=voice.owner))
    job = verify_submit(data=b"x", kind="verify", audience="app", asked_by=grant.organisation_id)
    member = accounts.member(grant.organisation)
    return Things(
        {
            "owner": voice.owner_id or "",
            "voice": voice.pk,
            "consent": Consent.objects.get(voice=voice).pk,
            "draft": consent.pk,
            "challenge": challenge.pk,
            "enrolment": enrolment.pk,
            "take": enrolment.takes.first().pk,  # type: ignore[union-attr]
            "grant": grant.pk,
            "synthesis": spoken["id"],
            "clip": clip.pk,
            "webhook": endpoint.pk,
            "delivery": delivery.pk,
            "key": (app.key or "").split("_")[2],
            "organisation": grant.organisation_id,
            "account": member.user_id,
            "verify": job.pk,
        },
        Api(person_key(voice.owner.account)),
        app,
    )


# Who may is the first word; the address names the things in braces.
APP = [
    ("GET", "/voices/{voice}", None),
    ("GET", "/grants/{grant}", None),
    ("POST", "/grants/{grant}/revoke", {}),
    ("POST", "/grants/{grant}/renew", {"quota_characters": 5, "expires_at": "2030-01-01T00:00:00Z"}),
    ("GET", "/synthesis/{synthesis}", None),
    ("POST", "/synthesis/{synthesis}/cancel", {}),
    ("GET", "/clips/{clip}", None),
    ("GET", "/clips/{clip}/audio", None),
    ("GET", "/clips/{clip}/words", None),
    ("GET", "/clips/{clip}/subtitles", None),
    ("DELETE", "/clips/{clip}", None),
    ("GET", "/webhooks/{webhook}", None),
    ("PATCH", "/webhooks/{webhook}", {"enabled": False}),
    ("DELETE", "/webhooks/{webhook}", None),
    ("POST", "/webhooks/{webhook}/rotate-secret", {}),
    ("POST", "/webhooks/{webhook}/test", {}),
    ("GET", "/webhooks/{webhook}/deliveries", None),
    ("POST", "/webhooks/{webhook}/deliveries/{delivery}/replay", {}),
    ("GET", "/keys/{key}", None),
    ("POST", "/keys/{key}/rotate", {}),
    ("DELETE", "/keys/{key}", None),
    ("GET", "/verify/{verify}", None),
    ("POST", "/synthesis", {"voice_id": "{voice}", "text": "Hi.", "purpose": "narration"}),
    ("POST", "/audio/speech", {"voice": "{voice}", "input": "Hi.", "model": "tts-1"}),
    ("POST", "/text-to-speech/{voice}", {"text": "Hi."}),
    ("POST", "/text-to-speech/{voice}/stream", {"text": "Hi."}),
]
PERSON = [
    ("GET", "/owners/{owner}", None),
    ("DELETE", "/owners/{owner}", None),
    ("POST", "/voices", {"owner_id": "{owner}", "label": "Mine now"}),
    ("GET", "/voices/{voice}", None),
    ("DELETE", "/voices/{voice}", None),
    ("GET", "/voices/{voice}/models", None),
    ("POST", "/voices/{voice}/roll-back", {"version": 1}),
    ("POST", "/voices/{voice}/suspend", {}),
    ("POST", "/voices/{voice}/resume", None),
    ("POST", "/voices/{voice}/revoke", {}),
    ("POST", "/consents", {"voice_id": "{voice}", "purposes": ["narration"], "languages": ["en"]}),
    ("GET", "/consents/{consent}", None),
    ("GET", "/consents/{consent}/receipt", None),
    ("POST", "/consents/{consent}/withdraw", {}),
    ("POST", "/consents/{consent}/renew", {}),
    ("POST", "/challenges", {"consent_id": "{draft}"}),
    ("GET", "/challenges/{challenge}", None),
    ("POST", "/enrolments", {"voice_id": "{voice}"}),
    ("GET", "/enrolments/{enrolment}", None),
    ("GET", "/enrolments/{enrolment}/prompts", None),
    ("GET", "/enrolments/{enrolment}/takes", None),
    ("GET", "/enrolments/{enrolment}/takes/{take}", None),
    ("DELETE", "/enrolments/{enrolment}/takes/{take}", None),
    ("POST", "/enrolments/{enrolment}/submit", {}),
    ("POST", "/enrolments/{enrolment}/abort", {}),
    ("GET", "/grants/{grant}", None),
    ("POST", "/grants/{grant}/approve", {}),
    ("POST", "/grants/{grant}/refuse", {}),
    ("POST", "/grants/{grant}/revoke", {}),
    ("GET", "/organisations/{organisation}", None),
    ("GET", "/organisations/{organisation}/members", None),
    ("POST", "/organisations/{organisation}/members", {"email": "x@example.org", "role": "manager"}),
    ("DELETE", "/organisations/{organisation}/members/{account}", None),
    ("POST", "/keys", {"name": "k", "scopes": ["clips"], "world": "sandbox", "organisation_id": "{organisation}"}),
    ("GET", "/keys/{key}", None),
    ("POST", "/keys/{key}/rotate", {}),
    ("DELETE", "/keys/{key}", None),
]


def ask(api: Api, line: tuple[str, str, Any], ids: dict[str, str]) -> tuple[int, dict[str, Any], list[str]]:
    """Status, the problem without what differs between any two requests, and the statements it took: the same work takes the same time."""
    method, path, body = line
    filled = {k: v.format(**ids) if isinstance(v, str) else v for k, v in body.items()} if body is not None else None
    with CaptureQueriesContext(connection) as taken:
        response = api.call(method, path.format(**ids), filled)
    statements = [re.sub(r"'[^']*'|[0-9.]+(e[-+][0-9]+)?", "?", one["sql"]) for one in taken.captured_queries]
    statements = [one for one in statements if "SAVEPOINT" not in one]
    return response.status_code, {k: v for k, v in document(response).items() if k != "request_id"}, statements


def missing(ids: dict[str, str]) -> dict[str, str]:
    """Ids of the same form that name nothing."""
    return {
        kind: re.sub(r"_.*", f"_{MISSING}", value) if "_" in value else "AAAAAAAAAAAA" for kind, value in ids.items()
    }


@pytest.mark.parametrize("line", APP, ids=lambda line: f"{line[0]} {line[1]}")
def test_another_app_cannot_tell_a_strangers_object_from_one_that_does_not_exist(
    things: Things, line: tuple[str, str, Any]
) -> None:
    _, stranger = new_app()
    ask(stranger, line, missing(things.ids))  # the key's first use leaves a time
    assert ask(stranger, line, things.ids) == ask(stranger, line, missing(things.ids))
    assert ask(stranger, line, things.ids)[0] == 404


# An analysis belongs to the organisation, in either world.
@pytest.mark.parametrize("line", [a for a in APP if "{verify}" not in a[1]], ids=lambda line: f"{line[0]} {line[1]}")
def test_the_same_organisations_live_key_does_not_reach_into_the_sandbox(
    things: Things, line: tuple[str, str, Any]
) -> None:
    live = Api(app_key(Organisation.objects.get(pk=things.ids["organisation"]), world="live"))
    assert ask(live, line, things.ids)[0] == 404


@pytest.mark.parametrize("line", PERSON, ids=lambda line: f"{line[0]} {line[1]}")
def test_another_person_cannot_tell_a_strangers_object_from_one_that_does_not_exist(
    things: Things, line: tuple[str, str, Any]
) -> None:
    stranger = Api(person_key(accounts.user()))
    ask(stranger, line, missing(things.ids))
    assert ask(stranger, line, things.ids) == ask(stranger, line, missing(things.ids))
    assert ask(stranger, line, things.ids)[0] == 404


def test_a_stranger_cannot_submit_a_recording_to_anothers_consent_or_challenge(things: Things) -> None:
    stranger = Api(person_key(accounts.user()))
    for ids in (things.ids, missing(things.ids)):
        path = f"/consents/{ids['draft']}/recording?challenge_id={ids['challenge']}"
        assert stranger.upload(path, people.sound()).status_code == 404
        assert stranger.upload(f"/enrolments/{ids['enrolment']}/takes?transcript=x", people.sound()).status_code == 404


def test_a_stranger_cannot_convert_speech_to_anothers_voice(things: Things) -> None:
    _, stranger = new_app()
    source = write(Audio.mono(np.zeros(16_000, np.float32), 16_000), "wav")
    answers = []
    for ids in (missing(things.ids), things.ids):
        response = stranger.upload(f"/speech-to-speech/{ids['voice']}?purpose=narration", source)
        assert response.status_code == 404
        answers.append({key: value for key, value in document(response).items() if key != "request_id"})
    assert answers[0] == answers[1]
    taken = things.app.upload(f"/speech-to-speech/{things.ids['voice']}?purpose=narration&format=wav", source)
    assert (taken.status_code, document(taken)["kind"]) == (202, "speech")


def test_the_lists_of_a_stranger_are_empty(things: Things) -> None:
    _, app = new_app()
    for path in ("/synthesis", "/clips", "/grants", "/webhooks"):
        assert app.read(path)["items"] == []
    person = Api(person_key(accounts.user()))
    for path in ("/owners", "/voices", "/consents", "/enrolments", "/grants", "/organisations"):
        assert person.read(path)["items"] == []
    assert person.read("/uses") == []


def test_nothing_of_the_matrix_changed_what_is_the_owners(things: Things) -> None:
    _, stranger_app = new_app()
    stranger = Api(person_key(accounts.user()))
    for line in APP:
        ask(stranger_app, line, things.ids)
    for line in PERSON:
        ask(stranger, line, things.ids)
    assert things.owner.read(f"/voices/{things.ids['voice']}")["state"] == "ready"
    assert things.owner.read(f"/consents/{things.ids['consent']}")["state"] == "active"
    assert things.app.read(f"/grants/{things.ids['grant']}")["state"] == "active"
    assert content(things.app.get(f"/clips/{things.ids['clip']}/audio"))
    assert things.app.read(f"/webhooks/{things.ids['webhook']}")["enabled"] is True


def test_an_idempotency_key_of_another_app_replays_nothing(things: Things) -> None:
    headers = {"Idempotency-Key": "shared-by-chance"}
    body = {"name": "k", "scopes": ["clips"], "world": "sandbox"}
    mine = document(things.app.post("/keys", body, **headers))
    _, stranger = new_app()
    theirs = stranger.post("/keys", body, **headers)
    assert "Idempotent-Replayed" not in theirs
    assert document(theirs)["key"] != mine["key"]


def test_every_address_with_an_id_is_in_the_matrix(things: Things) -> None:
    described = document(Api().get("/openapi.json"))["paths"]
    asked = {(method, _shape(path)) for method, path, _ in [*APP, *PERSON]}
    uploads = {("POST", "/consents/{}/recording"), ("POST", "/enrolments/{}/takes"), ("POST", "/speech-to-speech/{}")}
    elsewhere = {("GET", "/detect/{}"), ("DELETE", "/protected-voices/{}")}
    for path, methods in described.items():
        shape = _shape(path.removeprefix("/v1"))
        for method in methods:
            if "{}" in shape:
                assert (method.upper(), shape) in asked | uploads | elsewhere, (method, path)


def _shape(path: str) -> str:
    return re.sub(r"\{[a-z_]+\}", "{}", path)
