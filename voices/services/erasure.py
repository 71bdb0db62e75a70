"""Erasure: of one voice by deleting what was made of it, of an owner by destroying the data key under which everything lies.

The log keeps ids, times and commitments. Once the key is destroyed the commitments fit nothing any more, and every proof still holds.
"""

from __future__ import annotations

from audiokit.clock import now
from safeguards import vault
from safeguards.audit.events import EventType
from voices import hooks
from voices.errors import Conflict
from voices.models import Owner, Voice
from voices.selectors import owner_get, voice_get
from voices.services.erasing import erase_voice_contents
from voices.services.journal import Journal, account, recorded
from voices.services.revocation import end_voice, lock_voice
from voices.services.transitions import move_any
from voices.states import VOICE, VoiceState


def voice_erase(*, account_id: str, voice_id: str) -> Voice:
    """Revoke the voice if it still lives, then erase recordings, readings, models, templates and everything other rooms hold of it.

    Raises:
        NotFound: no such voice, or a stranger's.
        Conflict: ``state_conflict``: erased already.
    """
    voice = voice_get(account_id=account_id, voice_id=voice_id)
    with recorded(actor=account(account_id), world=voice.world) as journal:
        journal.add(EventType.ERASURE_REQUESTED, f"voice:{voice_id}")
        if not _erase_voice(journal, voice_id):
            raise Conflict("state_conflict", "This voice was erased already.")
        hooks.erased(hooks.Erasure(None, (voice_id,), ()))
        journal.add(EventType.ERASURE_COMPLETED, f"voice:{voice_id}")
    return voice_get(account_id=account_id, voice_id=voice_id)


def owner_erase(*, account_id: str, owner_id: str) -> Owner:
    """Erase every voice of the owner, the name, and the data key. The account can register anew.

    Raises:
        NotFound: no such owner, or a stranger's.
        Conflict: ``owner_erased``.
    """
    owner = owner_get(account_id=account_id, owner_id=owner_id)
    if owner.erased_at is not None:
        raise Conflict("owner_erased", "This profile was erased already.")
    voice_ids = tuple(Voice.objects.filter(owner=owner).order_by("pk").values_list("pk", flat=True))
    with recorded(actor=account(account_id), world=owner.world) as journal:
        journal.add(EventType.ERASURE_REQUESTED, f"owner:{owner_id}")
        for voice_id in voice_ids:
            _erase_voice(journal, voice_id)
        hooks.erased(hooks.Erasure(owner_id, voice_ids, (str(owner.data_key_id),)))
        live = Owner.objects.filter(pk=owner_id, erased_at=None)
        if not live.update(name_sealed=b"", erased_at=now()):
            raise Conflict("owner_erased", "This profile was erased already.")
        vault.keys.destroy(owner.data_key_id)
        journal.add(EventType.DATA_KEY_DESTROYED, f"owner:{owner_id}")
        journal.add(EventType.ERASURE_COMPLETED, f"owner:{owner_id}", voices=len(voice_ids))
    return owner_get(account_id=account_id, owner_id=owner_id)


def _erase_voice(journal: Journal, voice_id: str) -> bool:
    lock_voice(voice_id)
    end_voice(journal, voice_id, code="voice_erased", reason="erasure")
    if not move_any(Voice.objects.filter(pk=voice_id), VOICE, VoiceState.ERASED, active_model=None, erased_at=now()):
        return False
    counts = erase_voice_contents(voice_id)
    journal.add(EventType.VOICE_ERASED, f"voice:{voice_id}", **counts)
    return True
