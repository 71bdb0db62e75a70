"""The whole story over HTTP: consent, enrolment, grant, speech, download, withdrawal. Only the acoustic checks and the sound itself are stood in for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Q

from audiokit.clock import now
from safeguards.gate import ConsentPermit, permit_consent, policy_for
from tests.factories import accounts, evidence
from tests.factories import voices as people
from tests.functional.driver import Api, app_key, code, content, document, new_app, person_key, release
from voices import jobs, services
from voices.evidence_json import to_json
from voices.models import AnalysisJob, Consent, Voice

pytestmark = pytest.mark.django_db

SCOPE = {"purposes": ["narration"], "languages": ["en"], "formats": ["wav", "mp3"]}


def pass_consent(consent_id: str) -> None:
    """The analysis worker's part, with evidence that passes."""
    [job] = jobs.claim(AnalysisJob, only=Q(consent_id=consent_id))
    consent = services.consent_verify(consent_id=consent_id)
    facts = evidence.consent_evidence(consent.pk, consent.world, facts=people.asked(consent))
    permit = permit_consent(facts, policy_for(consent.world), now())
    assert isinstance(permit, ConsentPermit)
    services.consent_activate(
        consent_id=consent.pk,
        permit=permit,
        evidence={"evidence": to_json(facts)},
        template=people.TEMPLATE,
        job=job,
    )


def test_owner_consents_by_http_and_gets_a_receipt() -> None:
    owner = Api(person_key(accounts.user()))
    profile = owner.made("/owners", {"name": "Ada Example"})
    voice = owner.made("/voices", {"owner_id": profile["id"], "label": "Reading voice"})
    consent = owner.made("/consents", {"voice_id": voice["id"], "purposes": ["narration"], "languages": ["en"]})
    assert "Ada Example" in consent["statement"]
    challenge = owner.made("/challenges", {"consent_id": consent["id"]})
    assert len(challenge["words"]) >= 4
    sent = owner.upload(f"/consents/{consent['id']}/recording?challenge_id={challenge['id']}", people.sound())
    assert sent.status_code == 202
    pass_consent(consent["id"])
    read = owner.read(f"/consents/{consent['id']}")
    assert read["state"] == "active"
    assert read["simulated"] is True
    assert owner.read(f"/consents/{consent['id']}/receipt")
    [listed] = owner.read(f"/consents?voice_id={voice['id']}")["items"]
    assert listed["id"] == consent["id"]


def test_app_asks_owner_approves_app_speaks_and_downloads() -> None:
    voice = people.ready_voice()
    owner = Api(person_key(voice.owner.account))
    _, app = new_app()
    assert app.read("/voices")["items"] == []
    grant = app.made(
        "/grants",
        {**SCOPE, "voice_id": voice.pk, "quota_characters": 500, "expires_at": (now() + timedelta(days=7)).isoformat()},
    )
    assert grant["state"] == "requested"
    [seen] = owner.read("/grants")["items"]
    assert seen["organisation_name"]
    assert owner.made(f"/grants/{grant['id']}/approve")["state"] == "active"
    assert [v["id"] for v in app.read("/voices")["items"]] == [voice.pk]

    asked = app.post(
        "/synthesis", {"voice_id": voice.pk, "text": "Hello there.", "purpose": "narration", "format": "wav"}
    )
    assert asked.status_code == 202
    request_id = document(asked)["id"]
    clip = release(request_id)
    finished = app.read(f"/synthesis/{request_id}")
    assert finished["state"] == "released"
    assert finished["clip"]["sha256"] == clip.sha256
    sound = app.get(f"/clips/{clip.pk}/audio")
    assert len(content(sound)) == clip.size
    assert sound["ETag"] == f'"{clip.sha256}"'

    [use] = owner.read("/uses")
    assert use["request_id"] == request_id
    assert "Hello" not in str(use)


def test_withdrawn_consent_stops_new_speech_and_download_of_old() -> None:
    grant = people.active_grant()
    app = Api(app_key(grant.organisation))
    spoken = app.made(
        "/synthesis", {"voice_id": grant.voice_id, "text": "Hello.", "purpose": "narration", "format": "wav"}
    )
    clip = release(spoken["id"])
    owner = Api(person_key(grant.voice.owner.account))
    consent = Consent.objects.get(voice_id=grant.voice_id, state="active")
    assert owner.made(f"/consents/{consent.pk}/withdraw", {"reason": "I changed my mind"})["state"] == "withdrawn"
    refused = app.post("/synthesis", {"voice_id": grant.voice_id, "text": "Again.", "purpose": "narration"})
    assert refused.status_code == 403
    assert document(refused)["codes"]
    gone = app.get(f"/clips/{clip.pk}/audio")
    assert gone.status_code == 403
    assert code(gone) in {"consent_withdrawn", "voice_revoked"}


def test_owner_erases_and_nothing_personal_is_left_to_read() -> None:
    voice = people.ready_voice()
    owner = Api(person_key(voice.owner.account))
    owner.made(f"/voices/{voice.pk}/revoke", {})
    erased = owner.delete(f"/owners/{voice.owner_id}")
    assert erased.status_code == 200
    assert document(erased)["name"] is None
    assert Voice.objects.get(pk=voice.pk).state == "erased"
    for consent in owner.read("/consents")["items"]:
        assert consent["statement"] is None


def test_enrolment_over_http_collects_takes() -> None:
    consent = people.active_consent()
    owner = Api(person_key(consent.owner.account))
    enrolment = owner.made("/enrolments", {"voice_id": consent.voice_id})
    prompts = owner.read(f"/enrolments/{enrolment['id']}/prompts")["prompts"]
    assert len(prompts) >= 10
    take = owner.client.post(
        f"/v1/enrolments/{enrolment['id']}/takes",
        {"file": SimpleUploadedFile("take.wav", people.sound(0.5)), "transcript": prompts[0]},
        headers={"Authorization": f"Bearer {owner.key}"},
    )
    assert take.status_code == 202, take.content
    assert take.json()["transcript"] == prompts[0]
    listed = owner.read(f"/enrolments/{enrolment['id']}/takes")["items"]
    assert [item["id"] for item in listed] == [take.json()["id"]]
    assert owner.made(f"/enrolments/{enrolment['id']}/submit")["state"] == "screening"
    assert owner.made(f"/enrolments/{enrolment['id']}/abort")["state"] == "aborted"
