"""The owner's page of a voice lists its versions and puts another to use."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import translation

from tests.factories import voices as make
from vivavoce.accounts.models import User
from vivavoce.web.templatetags.web_training import figures, training_note
from voices.models import Voice, VoiceModel
from voices.services import voice_revoke

pytestmark = pytest.mark.django_db


@pytest.fixture
def twice_read(client: Client) -> Voice:
    """A voice of two versions, the second in use; its owner is signed in."""
    voice = make.ready_voice()
    make.trained(voice)
    VoiceModel.objects.filter(voice=voice, version=2).update(
        measures={"similarity": 0.875, "intelligibility": 0.9, "intelligibility_owner": 0.95, "readings": 3.0}
    )
    client.force_login(User.objects.get(pk=make.account_of(voice)), backend="django.contrib.auth.backends.ModelBackend")
    client.get("/")
    voice.refresh_from_db()
    return voice


def test_versions_are_listed_with_what_was_measured(client: Client, twice_read: Voice) -> None:
    page = client.get(f"/voices/{twice_read.pk}/").content.decode()
    assert page.index("Version 2,") < page.index("Version 1,")
    assert "words recognised: 90 % (in your own reading 95 %)" in page
    assert page.count("Use this version") == 1


def test_an_earlier_version_is_put_to_use(client: Client, twice_read: Voice) -> None:
    answer = client.post(f"/voices/{twice_read.pk}/version/", {"version": "1"})
    assert (answer.status_code, answer["Location"]) == (302, f"/voices/{twice_read.pk}/")
    twice_read.refresh_from_db()
    assert twice_read.active_model is not None
    assert twice_read.active_model.version == 1


@pytest.mark.parametrize("version", ["", "9", "-1", "1.0", "²", "9" * 30])
def test_a_version_that_is_not_there_is_not_found(client: Client, twice_read: Voice, version: str) -> None:
    assert client.post(f"/voices/{twice_read.pk}/version/", {"version": version}).status_code == 404
    active = twice_read.active_model_id
    twice_read.refresh_from_db()
    assert twice_read.active_model_id == active


def test_a_stranger_chooses_nothing(twice_read: Voice) -> None:
    stranger = Client()
    stranger.force_login(
        User.objects.create_user("mallory@example.org"), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert stranger.post(f"/voices/{twice_read.pk}/version/", {"version": "1"}).status_code == 404
    active = twice_read.active_model_id
    twice_read.refresh_from_db()
    assert twice_read.active_model_id == active


def test_a_voice_that_has_ended_offers_no_choice(client: Client, twice_read: Voice) -> None:
    voice_revoke(account_id=make.account_of(twice_read), voice_id=twice_read.pk)
    assert "Use this version" not in client.get(f"/voices/{twice_read.pk}/").content.decode()


def test_what_was_not_measured_is_not_said() -> None:
    assert figures(VoiceModel(measures={})) == []
    assert figures(VoiceModel(measures={"similarity": 0.5})) == ["likeness 0.50 (1 is the same)"]


@pytest.mark.parametrize(
    ("note", "german"),
    [
        ("Listening", "Hört Ihre Lesungen"),
        ("Step 12 of 300", "Schritt 12 von 300"),
        ("Too little speech to fine-tune on (4 s); the readings serve as references", "4 s"),
        ("something an engine of tomorrow says", "something an engine of tomorrow says"),
    ],
)
def test_a_training_tells_how_far_it_is_in_the_readers_language(note: str, german: str) -> None:
    with translation.override("de"):
        said = training_note(note)
    assert german in said
    assert said == note or "speech" not in said
