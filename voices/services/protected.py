"""Protected (no-go) voices: nobody can enrol them. Kept by operators; each is sealed under a data key of its own."""

from __future__ import annotations

from audiokit.clock import now
from safeguards import vault
from safeguards.audit.events import EventType
from voices.errors import Invalid, NotFound
from voices.models import ProtectedVoice
from voices.selectors import operator_check
from voices.services.journal import account, recorded
from voices.states import World

LABEL_CONTEXT = "voices.protected.label"
EMBEDDING_CONTEXT = "voices.protected.embedding"
EMBEDDING_BYTES = (64, 65_536)


def protected_voice_add(*, operator_id: str, label: str, embedding: bytes, version: str) -> ProtectedVoice:
    """Put a voice on the list.

    Args:
        operator_id: an operator.
        label: whose voice it is, for operators.
        embedding: float32 bytes of the speaker embedding (``voices.analysis.speaker_template``).
        version: of the encoder and calibration that made it.

    Raises:
        NotFound: the account is no operator.
        Invalid: ``label_unusable``, ``embedding_unusable``.
    """
    operator_check(operator_id=operator_id)
    if not label.strip() or len(label) > 200:
        raise Invalid("label_unusable", "Say in 1 to 200 characters whose voice this is.")
    if not EMBEDDING_BYTES[0] <= len(embedding) <= EMBEDDING_BYTES[1] or len(embedding) % 4:
        raise Invalid("embedding_unusable", "The embedding is not one of the speaker encoder.")
    with recorded(actor=account(operator_id), world=World.LIVE) as journal:
        key = vault.keys.create()
        row = ProtectedVoice.objects.create(
            data_key=key,
            label_sealed=vault.seal(key.pk, label.strip().encode(), context=LABEL_CONTEXT),
            embedding_sealed=vault.seal(key.pk, embedding, context=EMBEDDING_CONTEXT),
            version=version,
            created_at=now(),
        )
        journal.add(EventType.PROTECTED_VOICE_ADDED, f"protected:{row.pk}")
    return row


def protected_voice_remove(*, operator_id: str, protected_id: str) -> None:
    """Take a voice off the list; its key is destroyed.

    Raises:
        NotFound: no such row, or the account is no operator.
    """
    operator_check(operator_id=operator_id)
    with recorded(actor=account(operator_id), world=World.LIVE) as journal:
        row = ProtectedVoice.objects.select_for_update().filter(pk=protected_id).first()
        if row is None:
            raise NotFound
        key_id = row.data_key_id
        row.delete()
        vault.keys.destroy(key_id)
        journal.add(EventType.PROTECTED_VOICE_REMOVED, f"protected:{protected_id}")
