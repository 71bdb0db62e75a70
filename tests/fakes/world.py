"""People, a voice and a grant as rows, ready for synthesis: what the voices room leaves behind when everything went well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model

from audiokit import Audio, write
from audiokit.clock import now
from safeguards import vault
from synthesis.models import SynthesisRequest, TrainingJob
from synthesis.services import request_accept
from tests.fakes.engine import sine_voice
from vivavoce.accounts.models import Organisation
from voices.models import Consent, Enrolment, Grant, Owner, Recording, Take, Voice, VoiceModel
from voices.selectors.enrolments import TRANSCRIPT_CONTEXT
from voices.services import actor_ensure

TEXT = "The quick brown fox jumps over the lazy dog."


@dataclass
class World:
    """One owner with a trained voice, one organisation with a grant, and a stranger's organisation."""

    owner: Owner
    voice: Voice
    consent: Consent
    enrolment: Enrolment
    organisation: Organisation
    stranger: Organisation
    grant: Grant

    def accept(self, **changes: Any) -> SynthesisRequest:
        """A request that the gate permits, unless ``changes`` say otherwise."""
        values: dict[str, Any] = {
            "organisation_id": self.organisation.pk,
            "api_key_id": "key",
            "world": self.voice.world,
            "voice_id": self.voice.pk,
            "text": TEXT,
            "purpose": "narration",
            "language": "en",
            "format": "wav",
            "seed": 7,
        }
        return request_accept(**(values | changes))

    def used(self) -> int:
        """Characters counted in the grant."""
        return Grant.objects.values_list("used_characters", flat=True).get(pk=self.grant.pk)


def make_world(*, world: str = "live", trained: bool = True, email: str = "speaker@example.org") -> World:
    """Rows as they stand after consent, enrolment, training (unless not ``trained``) and an approved grant."""
    moment = now()
    account = get_user_model().objects.create_user(email)
    owner = Owner.objects.create(
        account=account, world=world, name_sealed=b"x", data_key=vault.keys.create(), created_at=moment
    )
    voice = Voice.objects.create(owner=owner, world=world, label="Own voice", engine="sine", created_at=moment)
    consent = Consent.objects.create(
        owner=owner,
        voice=voice,
        world=world,
        simulated=world == "sandbox",
        state="active",
        purposes=["narration", "assistant"],
        languages=["en"],
        text_version="test",
        statement_sealed=b"x",
        statement_digest="0" * 64,
        recording=_recording(owner, "consent", 1.0),
        evidence={},
        days_valid=30,
        created_at=moment,
        active_at=moment,
        expires_at=moment + timedelta(days=30),
    )
    enrolment = Enrolment.objects.create(voice=voice, consent=consent, world=world, state="queued", created_at=moment)
    for number in range(6):
        recording = _recording(owner, "enrolment", 1.0 + number)
        Take.objects.create(
            enrolment=enrolment,
            recording=recording,
            transcript_sealed=vault.seal(owner.data_key_id, TEXT.encode(), context=TRANSCRIPT_CONTEXT),
            state="accepted",
            evidence={},
            created_at=moment,
        )
    if trained:
        _train(owner, voice, enrolment)
    organisation = Organisation.objects.create(name=f"App of {email}")
    stranger = Organisation.objects.create(name="Stranger")
    grant = Grant.objects.create(
        voice=voice,
        organisation=organisation,
        world=world,
        state="active",
        purposes=["narration"],
        languages=["en"],
        formats=["wav", "flac", "mp3", "opus", "aac", "pcm"],
        quota_characters=10_000,
        not_before=moment - timedelta(minutes=1),
        expires_at=moment + timedelta(days=7),
        requested_by=account,
        approved_by=account,
        created_at=moment,
        approved_at=moment,
    )
    return World(owner, voice, consent, enrolment, organisation, stranger, grant)


def queue_training(world: World) -> TrainingJob:
    """The job that an accepted enrolment leaves."""
    return TrainingJob.objects.create(enrolment=world.enrolment, created_at=now())


def make_actor(engine: str = "parametric") -> Voice:
    """The sandbox's stock voice."""
    voice = actor_ensure()
    Voice.objects.filter(pk=voice.pk).update(engine=engine)
    return Voice.objects.get(pk=voice.pk)


def _train(owner: Owner, voice: Voice, enrolment: Enrolment) -> None:
    model = sine_voice()
    row = VoiceModel.objects.create(
        voice=voice,
        enrolment=enrolment,
        version=1,
        engine="sine",
        engine_version="1",
        digest=model.digest,
        blob=vault.blobs.put(owner.data_key_id, model.to_bytes(), kind="voice_model"),
        created_at=now(),
    )
    Enrolment.objects.filter(pk=enrolment.pk).update(state="ready")
    Voice.objects.filter(pk=voice.pk).update(state="ready", active_model=row)
    voice.refresh_from_db()


def _recording(owner: Owner, purpose: str, level: float) -> Recording:
    import numpy as np

    sound = Audio.mono(0.1 * level * np.sin(np.arange(8000) / 10.0) / 8, 16_000)
    return Recording.objects.create(
        owner=owner,
        world=owner.world,
        purpose=purpose,
        blob=vault.blobs.put(owner.data_key_id, write(sound, "flac"), kind="recording"),
        digest="0" * 64,
        seconds=sound.seconds,
        sample_rate=16_000,
        created_at=now(),
    )
