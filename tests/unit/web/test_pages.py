"""The console's pages: each renders, each act calls its service, strangers see nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.test import Client

import vivavoce.web
from vivavoce.accounts.models import User
from voices.models import Consent, Voice

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client: Client) -> Client:
    client.force_login(
        User.objects.create_user("alice@example.org"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


@pytest.fixture
def stranger() -> Client:
    other = Client()
    other.force_login(
        User.objects.create_user("mallory@example.org"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return other


def make_voice(client: Client) -> Voice:
    answer = client.post("/voices/", {"name": "Alice Example", "label": "Mine"})
    assert answer.status_code == 302
    return Voice.objects.latest("created_at")


def draft(client: Client, voice: Voice) -> Consent:
    answer = client.post(
        f"/voices/{voice.pk}/consents/new/", {"purposes": ["narration"], "languages": ["en"], "days_valid": 30}
    )
    assert answer.status_code == 302
    return Consent.objects.latest("created_at")


@pytest.mark.parametrize("path", ["/", "/check/", "/accounts/login/", "/accounts/signup/"])
def test_public_pages_need_no_account(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/voices/", "/apps/", "/audit/", "/log/", "/reviews/", "/operation/"])
def test_private_pages_ask_for_sign_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


ROLES = [
    "/audit/",
    "/log/",
    "/log/entries/0/",
    "/log/checkpoints/",
    "/reviews/",
    "/operation/",
    "/operation/queues/",
    "/operation/policy/",
    "/operation/protected/",
    "/operation/retention/",
    "/operation/keys/",
]


@pytest.mark.parametrize("path", ROLES)
def test_roles_pages_are_not_there_for_others(alice: Client, path: str) -> None:
    assert alice.get(path).status_code == 404


def test_every_page_forbids_inline_script_and_foreign_sources(alice: Client) -> None:
    for path in ("/", "/voices/", "/apps/", "/check/", "/accounts/login/"):
        policy = alice.get(path)["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy


def test_templates_hold_no_inline_script_style_or_handler() -> None:
    templates = Path(vivavoce.web.__file__).parent / "templates"
    for template in templates.rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), template
        assert not re.search(r"\s(style|on[a-z]+)=", text), template


def test_every_template_that_is_named_is_there() -> None:
    templates = Path(vivavoce.web.__file__).parent / "templates"
    for template in templates.rglob("*.html"):
        for name in re.findall(r'{% (?:include|extends) "([^"]+)"', template.read_text(encoding="utf-8")):
            get_template(name)


def test_a_person_prepares_a_consent_and_sees_statement_and_words(alice: Client) -> None:
    consent = draft(alice, make_voice(alice))
    page = alice.get(f"/consents/{consent.pk}/").content.decode()
    assert "Alice Example" in page
    part = alice.post(f"/consents/{consent.pk}/challenge/", headers={"HX-Request": "true"}).content.decode()
    words = re.findall(r"<li>(\w+)</li>", part)
    assert len(words) >= 6
    again = alice.get(f"/consents/{consent.pk}/").content.decode()
    assert all(word in again for word in words)


def test_a_recording_that_is_no_audio_is_refused_in_words(alice: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    consent = draft(alice, make_voice(alice))
    alice.post(f"/consents/{consent.pk}/challenge/")
    challenge = consent.challenges.get()
    answer = alice.post(
        f"/consents/{consent.pk}/submit/{challenge.pk}/",
        {"file": SimpleUploadedFile("../../etc/passwd", b"not a sound")},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()


def test_withdrawing_takes_one_click(alice: Client) -> None:
    consent = draft(alice, make_voice(alice))
    assert alice.post(f"/consents/{consent.pk}/withdraw/").status_code == 302
    consent.refresh_from_db()
    assert consent.state == "withdrawn"


def test_strangers_get_404_for_what_is_anothers(alice: Client, stranger: Client) -> None:
    voice = make_voice(alice)
    consent = draft(alice, voice)
    for path in (f"/voices/{voice.pk}/", f"/consents/{consent.pk}/", f"/consents/{consent.pk}/receipt/"):
        assert stranger.get(path).status_code == 404
        assert stranger.get(path.replace(voice.pk, "voi_0").replace(consent.pk, "con_0")).status_code == 404
    for path in (f"/voices/{voice.pk}/act/", f"/consents/{consent.pk}/withdraw/"):
        assert stranger.post(path, {"action": "revoke"}).status_code == 404
    consent.refresh_from_db()
    assert consent.state == "draft"


def test_a_key_is_shown_once_and_never_again(alice: Client) -> None:
    made = alice.post("/apps/", {"name": "Example App"})
    page = alice.post(made["Location"] + "keys/", {"name": "server", "scopes": ["voices", "synthesis"]})
    token = re.search(r"vv_live_\w{20,}", page.content.decode())
    assert token is not None
    assert page["Cache-Control"] == "no-store"
    assert token.group() not in alice.get(made["Location"] + "keys/").content.decode()


def test_the_sandbox_is_impossible_to_overlook(alice: Client) -> None:
    assert "banner-sandbox" not in alice.get("/").content.decode()
    alice.post("/world/", {"world": "sandbox"})
    for path in ("/", "/voices/", "/apps/"):
        assert "banner-sandbox" in alice.get(path).content.decode()


def test_a_foreign_referer_is_never_followed(alice: Client) -> None:
    voice = make_voice(alice)
    answer = alice.post(f"/voices/{voice.pk}/act/", {"action": "resume"}, headers={"Referer": "https://evil.example/x"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/")
    assert "evil" not in answer["Location"]


@pytest.mark.parametrize("language", ["de", "zh-hans"])
def test_pages_render_in_the_other_languages(client: Client, language: str) -> None:
    answer = client.get("/", headers={"Accept-Language": language})
    assert f'lang="{language}"' in answer.content.decode()


def test_ending_a_voice_is_explained_before_it_is_done(alice: Client, stranger: Client) -> None:
    voice = make_voice(alice)
    path = f"/voices/{voice.pk}/end/revoke/"
    assert "Nobody can undo this" in alice.get(path).content.decode()
    voice.refresh_from_db()
    assert voice.state == "pending"
    assert stranger.get(path).status_code == 404
    assert alice.get(f"/voices/{voice.pk}/end/erase/").status_code == 404
    alice.post(f"/voices/{voice.pk}/act/", {"action": "revoke"})
    assert "deleted" in alice.get(f"/voices/{voice.pk}/end/erase/").content.decode()


def test_new_words_may_be_asked_for(alice: Client) -> None:
    consent = draft(alice, make_voice(alice))
    path = f"/consents/{consent.pk}/challenge/"
    first, second = (alice.post(path, headers={"HX-Request": "true"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content != second.content


def test_what_is_not_there_is_a_page_of_ours(client: Client) -> None:
    answer = client.get("/nothing/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_the_language_can_be_chosen(client: Client) -> None:
    client.post("/language/", {"language": "de", "next": "/check/"})
    assert 'lang="de"' in client.get("/check/").content.decode()


def test_an_erased_voice_has_lost_its_name_and_still_has_words_to_click(alice: Client) -> None:
    voice = make_voice(alice)
    for action in ("revoke", "erase"):
        alice.post(f"/voices/{voice.pk}/act/", {"action": action})
    listed = alice.get("/voices/").content.decode()
    assert f'<a href="/voices/{voice.pk}/">Erased voice</a>' in listed
    assert "Mine" not in listed
    assert "<title>Erased voice" in alice.get(f"/voices/{voice.pk}/").content.decode()
