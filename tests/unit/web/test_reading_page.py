"""The page on which an owner reads sentences aloud."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import voices as make
from voices.models import Enrolment, Take, Voice

pytestmark = pytest.mark.django_db


def _reading(client: Client, engine: str) -> Enrolment:
    enrolment = make.enrolment()
    Voice.objects.filter(pk=enrolment.voice_id).update(engine=engine)
    owner = enrolment.consent.owner
    client.force_login(owner.account, backend="django.contrib.auth.backends.ModelBackend")
    return enrolment


def _send(client: Client, enrolment: Enrolment, style: str) -> int:
    form = {"transcript": "The birch canoe slid on the smooth planks.", "style": style}
    file = SimpleUploadedFile("take.wav", make.sound(0.5))
    return client.post(f"/enrolments/{enrolment.pk}/takes/add/", form | {"file": file}).status_code


def test_an_owner_says_how_a_sentence_is_read_where_the_engine_keeps_manners_apart(client: Client) -> None:
    enrolment = _reading(client, "gpt-sovits")
    page = client.get(f"/enrolments/{enrolment.pk}/").content.decode()
    assert re.findall(r'<option value="(\w*)"', page) == ["", "cheerful", "calm", "sad", "serious", "encouraging"]
    assert '<label for="manner">' in page

    assert _send(client, enrolment, "sad") == 302
    assert Take.objects.get(enrolment=enrolment).style == "sad"
    assert '<option value="sad" selected>' in client.get(f"/enrolments/{enrolment.pk}/").content.decode()


def test_where_the_engine_does_not_nobody_is_asked(client: Client) -> None:
    enrolment = _reading(client, "parametric")
    assert 'name="style"' not in client.get(f"/enrolments/{enrolment.pk}/").content.decode()


def test_a_manner_by_another_name_is_not_taken(client: Client) -> None:
    enrolment = _reading(client, "gpt-sovits")
    _send(client, enrolment, "Sad!")
    assert not Take.objects.filter(enrolment=enrolment).exists()
