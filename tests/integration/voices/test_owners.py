"""Profiles and voices; what a stranger may look up; migrations."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from safeguards.audit.events import EventType
from safeguards.audit.models import Entry
from tests.factories import accounts
from tests.factories import voices as make
from voices import selectors, services
from voices.errors import Conflict, Invalid, NotFound

pytestmark = pytest.mark.django_db


def test_a_name_is_sealed_and_comes_back_as_it_is_spoken():
    owner = make.owner(name="  Zoë   Müller ")
    assert selectors.owner_name(owner=owner) == "Zoë Müller"
    assert "Zoë".encode() not in bytes(owner.name_sealed)
    assert "Zoë" not in str([entry.record for entry in Entry.objects.all()])


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "a\nb\x00", "\x1b[31mred"])
def test_a_name_that_cannot_be_spoken_is_refused(name):
    with pytest.raises(Invalid, match="name_unusable"):
        make.owner(name=name)


def test_a_third_world_and_an_unknown_language_are_refused():
    person = accounts.user().pk
    with pytest.raises(Invalid, match="world_unknown"):
        services.owner_register(account_id=person, world="staging", name="Ada")
    with pytest.raises(Invalid, match="text_language_unknown"):
        services.owner_register(account_id=person, world="live", name="Ada", language="tlh")


def test_one_account_has_a_profile_in_each_world_and_one_only():
    person = accounts.user()
    make.owner(account=person, world="live")
    make.owner(account=person, world="sandbox")
    with pytest.raises(Conflict, match="owner_exists"):
        make.owner(account=person, world="live")
    assert selectors.owners_of(account_id=person.pk).count() == 2
    assert selectors.owners_of(account_id=person.pk, world="live").get().world == "live"


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"label": " "}, "label_unusable"),
        ({"label": "x" * 81}, "label_unusable"),
        ({"language": "tlh"}, "language_unknown"),
        ({"engine": "sine"}, "engine_unknown"),
    ],
)
def test_a_voice_has_a_label_a_language_and_an_engine_that_exist(terms, code):
    owner = make.owner()
    with pytest.raises(Invalid) as invalid:
        services.voice_create(account_id=owner.account_id, owner_id=owner.pk, **{"label": "My voice", **terms})
    assert invalid.value.code == code


def test_nobody_makes_a_voice_for_somebody_else():
    with pytest.raises(NotFound):
        services.voice_create(account_id=accounts.user().pk, owner_id=make.owner().pk, label="x")


def test_every_change_of_a_voice_is_in_the_log():
    voice = make.ready_voice()
    account_id = make.account_of(voice)
    services.voice_suspend(account_id=account_id, voice_id=voice.pk)
    services.voice_resume(account_id=account_id, voice_id=voice.pk)
    services.voice_revoke(account_id=account_id, voice_id=voice.pk)
    kinds = Entry.objects.filter(subject=f"voice:{voice.pk}").order_by("index").values_list("type", flat=True)
    assert list(kinds) == [
        EventType.VOICE_CREATED,
        EventType.VOICE_MODEL_STORED,
        EventType.VOICE_READY,
        EventType.VOICE_SUSPENDED,
        EventType.VOICE_RESUMED,
        EventType.VOICE_REVOKED,
    ]


@pytest.mark.parametrize("call", ["voice_suspend", "voice_resume", "voice_revoke", "voice_erase"])
def test_a_stranger_changes_no_voice(call):
    voice = make.ready_voice()
    with pytest.raises(NotFound):
        getattr(services, call)(account_id=accounts.user().pk, voice_id=voice.pk)
    voice.refresh_from_db()
    assert voice.state == "ready"


def test_a_strangers_lists_are_empty():
    make.active_grant()
    stranger = accounts.user().pk
    for rows in (
        selectors.owners_of(account_id=stranger),
        selectors.voices_of(account_id=stranger),
        selectors.consents_of(account_id=stranger),
        selectors.enrolments_of(account_id=stranger),
        selectors.grants_of_owner(account_id=stranger),
    ):
        assert not rows.exists()


def test_the_services_load_no_model_library():
    """In a process of its own: this one has loaded everything."""
    code = (
        "import django; django.setup(); import voices.services, voices.selectors, voices.tasks, sys;"
        "from safeguards.challenge import draw; draw('en');"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=_environment(), check=False).returncode == 0


def _environment() -> dict[str, str]:
    root = Path(__file__).resolve().parents[3]
    return os.environ | {"DJANGO_SETTINGS_MODULE": "vivavoce.settings", "PYTHONPATH": f"{root / 'platform'}:{root}"}


def test_the_migrations_say_what_the_models_say():
    call_command("makemigrations", "voices", check=True, dry_run=True, stdout=io.StringIO())
