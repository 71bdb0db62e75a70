"""Pages of auditors and operators: each renders with what is there, each act calls its service, nothing can be switched off or read out."""

from __future__ import annotations

import base64
import re
import secrets

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from audiokit.clock import now
from safeguards.audit.checkpoints import checkpoint_create
from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from safeguards.gate import LIVE, NeedsReview, permit_consent
from safeguards.vault.models import DataKey
from synthesis.models import VerifyJob
from tests.factories import voices as make
from tests.integration.voices.test_reviews import borderline
from vivavoce.accounts.models import User
from vivavoce.api.tasks import rewrap
from voices import services
from voices.evidence_json import to_json
from voices.models import Consent, ProtectionJob

BACKEND = "django.contrib.auth.backends.ModelBackend"
pytestmark = pytest.mark.django_db
OPERATION = ["", "queues/", "policy/", "protected/", "retention/", "keys/"]


def signed_in(email: str, **roles: bool) -> Client:
    client = Client()
    user = User.objects.create_user(email)
    User.objects.filter(pk=user.pk).update(**roles)
    client.force_login(User.objects.get(pk=user.pk), backend=BACKEND)
    return client


@pytest.fixture
def operator() -> Client:
    return signed_in("op@example.org", is_operator=True)


@pytest.fixture
def auditor() -> Client:
    return signed_in("aud@example.org", is_auditor=True)


@pytest.fixture
def held() -> Consent:
    consent, job = make.verifying(world="live")
    found = borderline(consent.pk, make.asked(consent))
    review = permit_consent(found, LIVE, now())
    assert isinstance(review, NeedsReview)
    stored = {"evidence": to_json(found), "policy": to_json(LIVE), "review": list(review.codes)}
    return services.consent_hold(consent_id=consent.pk, review=review, evidence=stored, job=job)


@pytest.mark.parametrize("part", OPERATION)
def test_every_room_of_operation_renders_and_offers_no_way_to_read_a_secret_or_stop_the_mark(
    operator: Client, part: str, settings: LazySettings
) -> None:
    page = operator.get(f"/operation/{part}").content.decode()
    for held_secret in (
        *settings.VIVAVOCE_KEKS,
        *settings.VIVAVOCE_LOG_SIGNING_KEYS,
        *settings.VIVAVOCE_WATERMARK_KEYS,
    ):
        assert held_secret not in page
    actions = set(re.findall(r'action="(/operation/[^"]*)"', page))
    assert actions <= {
        "/operation/queues/look/",
        "/operation/retention/apply/",
        "/operation/keys/log/",
        "/operation/keys/rewrap/",
    }


def test_no_address_of_the_console_changes_the_log_or_the_mark() -> None:
    from vivavoce.web.urls import urlpatterns

    names = {str(pattern.pattern) for pattern in urlpatterns}
    assert not [name for name in names if re.search(r"watermark|mark/|entries/.*(edit|delete|remove)", name)]


def test_a_review_lays_every_score_beside_its_threshold_and_the_recording_is_heard(
    operator: Client, held: Consent
) -> None:
    assert held.pk in operator.get("/reviews/").content.decode()
    page = operator.get(f"/reviews/{held.pk}/").content.decode()
    assert "borderline" in page
    assert "Synthetic speech (probability)" in page
    assert "Ada Example" not in page
    answer = operator.get(f"/reviews/{held.pk}/recording.flac")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("audio/flac", "private, no-store")
    assert answer.content.startswith(b"fLaC")


def test_the_same_person_twice_is_told_so_and_a_second_person_completes_it(operator: Client, held: Consent) -> None:
    vote = {"vote": "approve", "reason": "Clear speech."}
    operator.post(f"/reviews/{held.pk}/vote/", vote)
    again = operator.post(f"/reviews/{held.pk}/vote/", vote, follow=True).content.decode()
    assert "judged this consent already" in again
    held.refresh_from_db()
    assert held.state == "needs_review"
    second = signed_in("op2@example.org", is_operator=True)
    done = second.post(f"/reviews/{held.pk}/vote/", vote, follow=True).content.decode()
    assert "Two people agreed" in done
    assert operator.get(f"/reviews/{held.pk}/").status_code == 404


def test_a_judgement_needs_a_reason(operator: Client, held: Consent) -> None:
    said = operator.post(f"/reviews/{held.pk}/vote/", {"vote": "approve", "reason": " "}, follow=True).content.decode()
    assert "Say in a sentence why." in said
    assert not held.reviews.exists()


def test_a_recording_to_protect_is_taken_in_for_a_worker(operator: Client) -> None:
    file = SimpleUploadedFile("voice.wav", make.sound())
    answer = operator.post("/operation/protected/", {"label": "A public figure", "file": file})
    assert answer.status_code == 302
    assert ProtectionJob.objects.get().state == "pending"
    assert "A public figure" in operator.get("/operation/protected/waiting/").content.decode()


def test_handing_the_log_to_a_new_key_is_offered_only_when_one_waits(
    operator: Client, settings: LazySettings, transactional_db: None
) -> None:
    make.owner()
    checkpoint_create()
    assert "Hand over now" not in operator.get("/operation/keys/").content.decode()
    refused = operator.post("/operation/keys/log/", follow=True).content.decode()
    assert "No new signing key is configured" in refused
    fresh = base64.b64encode(secrets.token_bytes(32)).decode()
    settings.VIVAVOCE_LOG_SIGNING_KEYS = [fresh, *settings.VIVAVOCE_LOG_SIGNING_KEYS]
    assert "Hand over now" in operator.get("/operation/keys/").content.decode()
    operator.post("/operation/keys/log/")
    rotated = Entry.objects.filter(type=EventType.LOG_KEY_ROTATED).get()
    assert rotated.actor.startswith("account:usr_")
    assert "Hand over now" not in operator.get("/operation/keys/").content.decode()


def test_data_keys_move_to_a_new_wrapping_key_and_the_log_says_who_asked(
    operator: Client, settings: LazySettings
) -> None:
    make.owner()
    before = set(DataKey.objects.values_list("kek_id", flat=True))
    settings.VIVAVOCE_KEKS = [base64.b64encode(secrets.token_bytes(32)).decode(), *settings.VIVAVOCE_KEKS]
    assert "Move them to the current key" in operator.get("/operation/keys/").content.decode()
    assert operator.post("/operation/keys/rewrap/").status_code == 302
    who = User.objects.get(email="op@example.org").pk
    assert rewrap(who) > 0
    assert before.isdisjoint(DataKey.objects.filter(destroyed_at=None).values_list("kek_id", flat=True))
    assert Entry.objects.filter(type=EventType.KEK_ROTATED, actor=f"account:{who}").count() == 1
    refused = operator.post("/operation/keys/rewrap/", follow=True).content.decode()
    assert "under the current key already" in refused


def test_the_log_is_paged_narrowed_and_shown_entry_by_entry(auditor: Client) -> None:
    consent = make.consent() if hasattr(make, "consent") else make.verifying()[0]
    page = auditor.get("/log/").content.decode()
    assert f"consent:{consent.pk}" in page
    narrowed = auditor.get("/log/", {"subject": consent.pk, "event": "201"}).content.decode()
    assert narrowed.count('class="index"') == 1
    assert "No entry fits." in auditor.get("/log/", {"subject": "con_nothing"}).content.decode()
    entry = Entry.objects.filter(subject=f"consent:{consent.pk}").earliest("index")
    shown = auditor.get(f"/log/entries/{entry.index}/").content.decode()
    assert bytes(entry.leaf_hash).hex() in shown
    for odd in ("999999", "-1", "x", "9" * 40):
        assert auditor.get(f"/log/entries/{odd}/").status_code == 404
    assert auditor.get("/log/", {"before": "9" * 40, "event": "9" * 40, "world": "x"}).status_code == 200


def test_anothers_question_and_its_papers_are_not_there(auditor: Client) -> None:
    job = VerifyJob.objects.create(
        id="ver_x", kind="verify", audience="auditor", asked_by="usr_other", upload_sha256="0" * 64,
        data_key=DataKey.objects.create(wrapped=b"x", kek_id="x", created_at=now()), created_at=now(),
    )  # fmt: skip
    for part in ("", "report/", "report.pdf", "proofs/", "signed/", "spectrogram.png"):
        assert auditor.get(f"/audit/{job.pk}/{part}").status_code == 404


def test_the_public_is_limited_as_the_api_is_and_told_so_in_words(client: Client, settings: LazySettings) -> None:
    settings.VIVAVOCE_PUBLIC_RATE_PER_MINUTE = 2
    answers = [client.post("/check/", {"file": SimpleUploadedFile("x", b"x")}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert int(answers[2]["Retry-After"]) > 0
    assert "Too many clips from your address" in answers[2].content.decode()
    assert client.get("/check/").status_code == 200
    through_api = client.post("/v1/verify", b"x", content_type="audio/wav")
    assert through_api.status_code == 429


def test_a_strange_address_of_a_check_is_not_there(client: Client) -> None:
    assert client.get("/check/ver_nothing/").status_code == 404


def test_a_form_without_a_file_is_refused_in_the_readers_language(auditor: Client, operator: Client) -> None:
    for client, path in ((auditor, "/audit/"), (Client(), "/check/"), (operator, "/operation/protected/")):
        said = client.post(path, {"label": "x"}, headers={"Accept-Language": "de"}).content.decode()
        assert "Diese Datei" in said
        assert "leer" in said
