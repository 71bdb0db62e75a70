"""The sandbox's stock voices: nobody's, made by the platform, and heard only in the sandbox."""

from __future__ import annotations

from django.db import IntegrityError

from audiokit.clock import now
from safeguards import vault
from safeguards.audit.events import EventType
from voices.models import Voice
from voices.services.journal import SYSTEM, recorded
from voices.states import VoiceState, World

ACTOR_ENGINE = "parametric"


def actor_ensure(*, seed: int = 1) -> Voice:
    """The actor with this seed, made on first use. The engine builds its voice from the seed alone, so it needs no model."""
    found = Voice.objects.filter(actor_seed=seed).first()
    if found is not None:
        return found
    try:
        with recorded(actor=SYSTEM, world=World.SANDBOX) as journal:
            voice = Voice.objects.create(
                world=World.SANDBOX,
                is_actor=True,
                actor_seed=seed,
                data_key=vault.keys.create(),
                label=f"Sandbox actor {seed}",
                language="en",
                state=VoiceState.READY,
                engine=ACTOR_ENGINE,
                created_at=now(),
            )
            journal.add(EventType.VOICE_CREATED, f"voice:{voice.pk}", actor_seed=seed)
            return voice
    except IntegrityError:
        return Voice.objects.get(actor_seed=seed)  # another process was first
