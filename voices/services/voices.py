"""Life of a voice between its creation and its end."""

from __future__ import annotations

from django.conf import settings

from audiokit.clock import now
from safeguards.audit.events import EventType
from voices import scope
from voices.errors import Conflict, Invalid
from voices.models import Voice
from voices.selectors import owner_get, voice_get
from voices.services.journal import account, recorded
from voices.services.revocation import end_voice
from voices.services.transitions import move
from voices.states import VOICE, VoiceState

ENGINES = ("parametric", "gpt-sovits")
MAX_LABEL = 80


def voice_create(
    *, account_id: str, owner_id: str, label: str, language: str = "en", engine: str | None = None
) -> Voice:
    """A new voice of this owner: pending until it is consented to, enrolled and trained.

    Raises:
        NotFound: no such owner, or a stranger's.
        Invalid: ``label_unusable``, ``language_unknown``, ``engine_unknown``, ``engine_unavailable``.
        Conflict: ``owner_erased``.
    """
    owner = owner_get(account_id=account_id, owner_id=owner_id)
    if owner.erased_at is not None:
        raise Conflict("owner_erased", "This profile was erased. Register a new one.")
    name = " ".join(label.split())
    if not name or len(name) > MAX_LABEL or not name.isprintable():
        raise Invalid("label_unusable", f"Give the voice a label of 1 to {MAX_LABEL} characters.")
    spoken = scope.languages([language])[0]
    chosen = engine or settings.VIVAVOCE_ENGINE
    if chosen not in ENGINES:
        raise Invalid("engine_unknown", f"Choose an engine: {', '.join(ENGINES)}.")
    if chosen not in engines_offered():
        raise Invalid("engine_unavailable", f"This installation has no models for the engine {chosen}.")
    with recorded(actor=account(account_id), world=owner.world) as journal:
        voice = Voice.objects.create(
            owner=owner, world=owner.world, label=name, language=spoken, engine=chosen, created_at=now()
        )
        journal.add(EventType.VOICE_CREATED, f"voice:{voice.pk}", owner=f"owner:{owner.pk}")
    return voice


def engines_offered() -> tuple[str, ...]:
    """Engines that a new voice can have here: as the operator says, else what is installed on this machine."""
    if settings.VIVAVOCE_ENGINES:
        return tuple(engine for engine in ENGINES if engine in settings.VIVAVOCE_ENGINES)
    models = settings.VIVAVOCE_MODELS_DIR
    return ENGINES if any(models.glob("*/set.json")) else ENGINES[:1]


def voice_suspend(*, account_id: str, voice_id: str, reason: str = "") -> Voice:
    """Stop all use for now. What is under way is refused at its next step.

    Raises:
        NotFound: no such voice, or a stranger's.
        Conflict: ``state_conflict``.
    """
    voice = voice_get(account_id=account_id, voice_id=voice_id)
    with recorded(actor=account(account_id), world=voice.world) as journal:
        move(Voice.objects.filter(pk=voice.pk), VOICE, VoiceState.SUSPENDED)
        journal.add(EventType.VOICE_SUSPENDED, f"voice:{voice.pk}", reason=code_of(reason))
    return voice_get(account_id=account_id, voice_id=voice_id)


def voice_resume(*, account_id: str, voice_id: str) -> Voice:
    """Allow use again.

    Raises:
        NotFound: no such voice, or a stranger's.
        Conflict: ``state_conflict``; only a suspended voice resumes.
    """
    voice = voice_get(account_id=account_id, voice_id=voice_id)
    with recorded(actor=account(account_id), world=voice.world) as journal:
        # Pending may become ready as well, by its model; this service is only the way back.
        move(Voice.objects.filter(pk=voice.pk, state=VoiceState.SUSPENDED), VOICE, VoiceState.READY)
        journal.add(EventType.VOICE_RESUMED, f"voice:{voice.pk}")
    return voice_get(account_id=account_id, voice_id=voice_id)


def voice_revoke(*, account_id: str, voice_id: str, reason: str = "") -> Voice:
    """End this voice for good: its consents are withdrawn, its grants revoked, its jobs cancelled, in one transaction.

    Raises:
        NotFound: no such voice, or a stranger's.
        Conflict: ``state_conflict``: it has ended already.
    """
    voice = voice_get(account_id=account_id, voice_id=voice_id)
    with recorded(actor=account(account_id), world=voice.world) as journal:
        if not end_voice(journal, voice.pk, code="voice_revoked", reason=code_of(reason) or "owner_request"):
            raise Conflict("state_conflict", "This voice has ended already.")
    return voice_get(account_id=account_id, voice_id=voice_id)


def code_of(reason: str) -> str:
    """A person's reason as the log may hold it: a short code, or only that there was one. Free text could name people."""
    plain = reason.strip().lower().replace(" ", "_")
    if not plain:
        return ""
    known = {"owner_request", "misuse", "mistake", "security", "contract_ended"}
    return plain if plain in known else "other"
