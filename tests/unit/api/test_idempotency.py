"""``Idempotency-Key``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audiokit.clock import frozen
from safeguards.vault.models import DataKey
from synthesis.models import SynthesisRequest
from tests.factories import accounts
from tests.factories import voices as people
from tests.functional.driver import Api, app_key, code, content, document, new_app, person_key
from vivavoce.accounts.models import ApiKey
from vivavoce.api import idempotency
from vivavoce.api.models import IdempotencyRecord
from voices.models import Owner

pytestmark = pytest.mark.django_db
KEY = {"Idempotency-Key": "order-66"}


def owner() -> Api:
    """A person who owns nothing yet."""
    return Api(person_key(accounts.user()))


def test_the_same_key_and_request_repeat_the_first_answer_and_do_the_work_once() -> None:
    api = owner()
    first = api.post("/owners", {"name": "Ada"}, **KEY)
    again = api.post("/owners", {"name": "Ada"}, **KEY)
    assert first.status_code == again.status_code == 201
    assert content(first) == content(again)
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert Owner.objects.count() == 1


def test_another_request_with_the_same_key_is_refused() -> None:
    api = owner()
    api.post("/owners", {"name": "Ada"}, **KEY)
    other = api.post("/owners", {"name": "Grace"}, **KEY)
    assert other.status_code == 422
    assert code(other) == "idempotency_key_reused"


def test_keys_of_two_principals_do_not_meet() -> None:
    one, two = owner(), owner()
    assert one.post("/owners", {"name": "Ada"}, **KEY).status_code == 201
    second = two.post("/owners", {"name": "Grace"}, **KEY)
    assert second.status_code == 201
    assert "Idempotent-Replayed" not in second


def test_a_key_in_flight_is_refused_and_free_again_when_its_hold_has_lapsed() -> None:
    api = owner()
    with frozen(datetime(2026, 1, 1, tzinfo=UTC)) as clock:
        api.post("/owners", {"name": "Ada"}, **KEY)
        # As a process leaves it that died before it could answer.
        IdempotencyRecord.objects.update(
            status=None, body_sealed=None, replay_key=None, in_flight_until=clock.at + timedelta(seconds=60)
        )
        Owner.objects.all().delete()
        busy = api.post("/owners", {"name": "Ada"}, **KEY)
        assert busy.status_code == 409
        assert code(busy) == "idempotency_in_flight"
        clock.advance(61)
        assert api.post("/owners", {"name": "Ada"}, **KEY).status_code == 201


def test_a_refusal_is_an_answer_and_is_repeated() -> None:
    grant = people.requested_grant()
    app = Api(app_key(grant.organisation))
    body = {"voice_id": grant.voice_id, "text": "Hi.", "purpose": "narration"}
    first = app.post("/synthesis", body, **KEY)
    assert first.status_code == 403
    again = app.post("/synthesis", body, **KEY)
    assert again["Idempotent-Replayed"] == "true"
    assert document(again)["code"] == document(first)["code"]


def test_a_fault_is_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    api = owner()

    def broken(**_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr("voices.services.owner_register", broken)
        assert api.post("/owners", {"name": "Ada"}, **KEY).status_code == 500
    assert api.post("/owners", {"name": "Ada"}, **KEY).status_code == 201


def test_work_and_answer_stand_or_fall_together(monkeypatch: pytest.MonkeyPatch) -> None:
    grant = people.active_grant()
    app = Api(app_key(grant.organisation))
    body = {"voice_id": grant.voice_id, "text": "Hi.", "purpose": "narration"}

    def broken(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(idempotency, "_settle", broken)
        assert app.post("/synthesis", body, **KEY).status_code == 500
    assert not SynthesisRequest.objects.exists()
    assert app.post("/synthesis", body, **KEY).status_code == 202
    assert SynthesisRequest.objects.count() == 1


def test_a_stored_key_secret_is_sealed_and_repeated_whole() -> None:
    organisation, app = new_app()
    body = {"name": "k", "scopes": ["clips"], "world": "sandbox"}
    first = document(app.post("/keys", body, **KEY))
    again = document(app.post("/keys", body, **KEY))
    assert first["key"] == again["key"]
    assert ApiKey.objects.filter(organisation=organisation).count() == 2
    record = IdempotencyRecord.objects.get()
    assert first["key"].encode() not in bytes(record.body_sealed)


def test_answers_lapse_and_their_key_is_destroyed() -> None:
    api = owner()
    with frozen(datetime(2026, 1, 1, tzinfo=UTC)) as clock:
        api.post("/owners", {"name": "Ada"}, **KEY)
        data_key_id = IdempotencyRecord.objects.get().replay_key.data_key_id
        clock.advance(25 * 3600)
        assert idempotency.forget_due() == 1
        clock.advance(72 * 3600)
        idempotency.forget_due()
    assert DataKey.objects.get(pk=data_key_id).destroyed_at is not None


@pytest.mark.parametrize("bad", ["", " ", "a b", "x" * 256, "ü"])
def test_a_malformed_key_is_refused(bad: str) -> None:
    response = owner().client.post(
        "/v1/owners",
        {"name": "Ada"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {person_key(accounts.user())}", "Idempotency-Key": bad},
    )
    assert response.status_code == 400
    assert response.json()["code"] == "idempotency_key_malformed"


def test_a_retried_form_with_another_boundary_is_the_same_request() -> None:
    consent, challenge = people.challenged()
    api = Api(person_key(consent.owner.account))
    data = people.sound()
    path = f"/v1/consents/{consent.pk}/recording"
    answers = []
    for boundary in ("first", "second"):
        body = (
            (
                f'--{boundary}\r\nContent-Disposition: form-data; name="challenge_id"\r\n\r\n{challenge.pk}\r\n'
                f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
            ).encode()
            + data
            + f"\r\n--{boundary}--\r\n".encode()
        )
        answers.append(
            api.client.generic(
                "POST",
                path,
                body,
                content_type=f"multipart/form-data; boundary={boundary}",
                headers={"Authorization": f"Bearer {api.key}", **KEY},
            )
        )
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[1]["Idempotent-Replayed"] == "true"
    changed = api.client.post(
        path,
        {"challenge_id": challenge.pk, "file": SimpleUploadedFile("a.wav", people.sound())},
        headers={"Authorization": f"Bearer {api.key}", **KEY},
    )
    assert changed.status_code == 422
