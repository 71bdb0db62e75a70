"""The whole way of an owner through the services."""

from __future__ import annotations

import pytest

from safeguards import vault
from safeguards.audit.models import Entry
from tests.factories import accounts
from tests.factories import voices as make
from voices import selectors, services
from voices.errors import NotFound

pytestmark = pytest.mark.django_db


def test_from_registration_to_erasure_each_step_is_in_the_log():
    grant = make.active_grant()
    voice, account_id = grant.voice, make.account_of(grant.voice)
    assert voice.state == "ready"
    [consent] = selectors.consents_of(account_id=account_id)
    services.consent_withdraw(account_id=account_id, consent_id=consent.pk)
    voice.refresh_from_db()
    grant.refresh_from_db()
    assert (voice.state, grant.state) == ("revoked", "revoked")
    owner = services.owner_erase(account_id=account_id, owner_id=voice.owner_id)
    with pytest.raises(vault.KeyDestroyed):
        vault.seal(owner.data_key_id, b"x", context="x")
    indexes = list(Entry.objects.order_by("index").values_list("index", flat=True))
    assert indexes == list(range(len(indexes)))


def test_a_stranger_sees_nothing_of_a_voice():
    voice = make.voice()
    stranger = accounts.user()
    with pytest.raises(NotFound):
        selectors.voice_get(account_id=stranger.pk, voice_id=voice.pk)
