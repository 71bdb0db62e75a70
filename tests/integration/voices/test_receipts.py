"""Receipts, protected voices, actors."""

from __future__ import annotations

import base64

import pytest

from safeguards import vault
from safeguards.audit import logkeys
from safeguards.audit.document import RECEIPT_DOMAIN, receipt_bytes
from safeguards.crypto.errors import SignatureInvalid
from tests.factories import accounts
from tests.factories import voices as make
from voices import selectors, services
from voices.errors import Conflict, Invalid, NotFound
from voices.models import ProtectedVoice, Voice

pytestmark = pytest.mark.django_db


def receipt():
    consent = make.active_consent()
    return consent, services.consent_receipt(account_id=consent.owner.account_id, consent_id=consent.pk)


class TestReceipt:
    """Signed, without a name."""

    def test_it_is_signed_by_the_key_of_the_log_over_every_field(self):
        _, made = receipt()
        signature = base64.b64decode(made["signature"]["value"])
        key = logkeys.active().verify_key
        key.verify(RECEIPT_DOMAIN, receipt_bytes(made["receipt"]), signature)
        assert made["signature"]["key"] == str(logkeys.note_key(logkeys.active()))
        for field in made["receipt"]:
            with pytest.raises(SignatureInvalid):
                key.verify(RECEIPT_DOMAIN, receipt_bytes({**made["receipt"], field: "forged"}), signature)

    def test_it_says_what_was_consented_to_and_that_the_sandbox_only_simulates(self):
        consent, made = receipt()
        body = made["receipt"]
        assert (body["record_id"], body["subject"]) == (consent.pk, consent.voice_id)
        assert (body["purposes"], body["languages"]) == (["narration", "assistant"], ["en"])
        assert body["simulated"] is True
        assert body["notice"]["sha256"] == consent.statement_digest
        assert "Ada" not in str(made)

    def test_there_is_none_before_the_consent_was_active(self):
        consent = make.draft()
        with pytest.raises(Conflict, match="consent_never_active"):
            services.consent_receipt(account_id=consent.owner.account_id, consent_id=consent.pk)

    def test_one_made_after_the_withdrawal_says_so(self):
        consent = make.active_consent()
        account_id = consent.owner.account_id
        services.consent_withdraw(account_id=account_id, consent_id=consent.pk)
        body = services.consent_receipt(account_id=account_id, consent_id=consent.pk)["receipt"]
        assert body["state"] == "withdrawn"
        assert body["ended_at"] is not None


class TestProtected:
    """The no-go list."""

    def add(self, operator: str):
        return services.protected_voice_add(
            operator_id=operator, label="A head of state", embedding=make.TEMPLATE[0], version="test-1"
        )

    def test_it_lies_sealed_under_a_key_of_its_own_that_goes_with_it(self):
        operator = accounts.user(operator=True).pk
        row = self.add(operator)
        assert make.TEMPLATE[0] not in bytes(row.embedding_sealed)
        assert list(selectors.protected_voices(operator_id=operator)) == [row]
        services.protected_voice_remove(operator_id=operator, protected_id=row.pk)
        assert not ProtectedVoice.objects.exists()
        with pytest.raises(vault.KeyDestroyed):
            vault.open(row.data_key_id, bytes(row.embedding_sealed), context="voices.protected.embedding")

    def test_nobody_but_operators_keeps_it(self):
        operator, stranger = accounts.user(operator=True).pk, accounts.user(auditor=True).pk
        row = self.add(operator)
        for call in (
            lambda: self.add(stranger),
            lambda: selectors.protected_voices(operator_id=stranger),
            lambda: services.protected_voice_remove(operator_id=stranger, protected_id=row.pk),
            lambda: services.protected_voice_remove(operator_id=operator, protected_id="pro_x"),
        ):
            with pytest.raises(NotFound):
                call()
        assert ProtectedVoice.objects.count() == 1

    @pytest.mark.parametrize(("label", "embedding"), [("", b"\0" * 1024), ("x", b""), ("x", b"\0" * 1023)])
    def test_nonsense_is_refused(self, label, embedding):
        with pytest.raises(Invalid):
            services.protected_voice_add(
                operator_id=accounts.user(operator=True).pk, label=label, embedding=embedding, version="1"
            )


class TestActor:
    """The sandbox's stock voice."""

    def test_it_is_made_once_per_seed_and_is_nobodys(self):
        first, again, other = services.actor_ensure(), services.actor_ensure(), services.actor_ensure(seed=2)
        assert first.pk == again.pk != other.pk
        assert (first.owner_id, first.world, first.state, first.is_actor) == (None, "sandbox", "ready", True)
        assert Voice.objects.filter(is_actor=True).count() == 2

    def test_it_has_a_data_key_of_its_own(self):
        actor, voice = services.actor_ensure(), make.voice()
        assert selectors.voice_data_key_id(voice=actor) == str(actor.data_key_id)
        assert selectors.voice_data_key_id(voice=voice) == str(voice.owner.data_key_id)
