"""Requests for speech, and clips."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from synthesis.models import Clip, SynthesisRequest
from synthesis.states import RequestState
from vivavoce.api.identifiers import Identifier
from vivavoce.api.v1.schemas.base import In, Moment, Out
from vivavoce.api.v1.schemas.consents import RefusalOut

Format = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]


class SynthesisIn(In):
    """One text in one voice."""

    voice_id: Identifier
    text: str = Field(
        min_length=1,
        max_length=4096,
        description="Plain, with <break> and <phoneme> where wanted, or SSML (a <speak> element) where the voice's engine reads it.",
    )
    purpose: str = Field("", max_length=40, description="May be empty for the sandbox actor alone.")
    language: str = Field("en", max_length=8)
    format: Format = "mp3"
    speed: float = Field(1.0, ge=0.25, le=4.0)
    pitch: float = Field(0.0, ge=-12.0, le=12.0, description="Semitones.")
    emotion: str = Field("", max_length=40)
    valence: float = Field(0.0, ge=-1.0, le=1.0, description="Unpleasant to pleasant, on top of the emotion.")
    arousal: float = Field(0.0, ge=-1.0, le=1.0, description="Calm to excited, on top of the emotion.")
    style: str = Field("", max_length=40, description="Name of a labelled reference of the voice.")
    seed: int | None = Field(None, ge=0, le=2**31 - 1, description="The same text with the same seed sounds the same.")
    stream: bool = Field(False, description="Windows can be fetched while the rest is being made.")
    timestamps: bool = Field(
        False, description="Word times and subtitles of the clip can be fetched; the voice's engine must know them."
    )
    grant_id: Identifier | None = Field(None, description="Chosen by voice, purpose and language when left out.")


class ClipOut(Out):
    """A released clip."""

    id: str
    request_id: str
    world: str
    format: str
    seconds: float
    size: int
    sha256: str
    manifest_digest: str | None = Field(description="C2PA manifest; null where the format carries none.")
    log_index: int
    released_at: Moment
    erased_at: Moment | None
    url: str

    @classmethod
    def of(cls, row: Clip) -> ClipOut:
        """From its row."""
        return cls(
            id=row.pk,
            request_id=row.request_id,
            world=row.world,
            format=row.format,
            seconds=row.seconds,
            size=row.size,
            sha256=row.sha256,
            manifest_digest=row.manifest_digest or None,
            log_index=row.log_index,
            released_at=row.released_at,
            erased_at=row.erased_at,
            url=f"/v1/clips/{row.pk}/audio",
        )


class WordOut(Out):
    """A word of a clip, and when it is heard in the delivered file, in seconds."""

    text: str
    start: float
    end: float


class SynthesisOut(Out):
    """A request and what became of it. ``clip`` is there once ``state`` is ``released``."""

    id: str
    kind: Literal["text", "speech"]
    world: str
    state: str
    voice_id: str
    grant_id: str | None
    purpose: str
    language: str
    format: str
    speed: float
    pitch: float
    emotion: str
    valence: float
    arousal: float
    style: str
    seed: int
    characters: int
    refusal: RefusalOut | None
    clip: ClipOut | None
    created_at: Moment
    ended_at: Moment | None

    @classmethod
    def of(cls, row: SynthesisRequest) -> SynthesisOut:
        """From its row."""
        clip = row.clip if row.state == RequestState.RELEASED else None
        return cls(
            id=row.pk,
            kind="speech" if row.kind == SynthesisRequest.Kind.SPEECH else "text",
            world=row.world,
            state=row.state,
            voice_id=row.voice_id,
            grant_id=row.grant_id,
            purpose=row.purpose,
            language=row.language,
            format=row.format,
            speed=row.speed,
            pitch=row.pitch,
            emotion=row.emotion,
            valence=row.valence,
            arousal=row.arousal,
            style=row.style,
            seed=row.seed,
            characters=row.characters,
            refusal=RefusalOut(code=row.refusal_code, detail=row.refusal_detail) if row.refusal_code else None,
            clip=None if clip is None else ClipOut.of(clip),
            created_at=row.created_at,
            ended_at=row.ended_at,
        )


class UseOut(Out):
    """One use of a voice, as its owner sees it: by whom, when and for what; the text stays with the app."""

    request_id: str
    voice_id: str
    grant_id: str | None
    organisation_id: str
    organisation_name: str
    state: str
    purpose: str
    language: str
    characters: int
    seconds: float | None
    log_index: int | None
    created_at: Moment

    @classmethod
    def of(cls, row: SynthesisRequest) -> UseOut:
        """From the request's row."""
        clip = row.clip if row.state == RequestState.RELEASED else None
        return cls(
            request_id=row.pk,
            voice_id=row.voice_id,
            grant_id=row.grant_id,
            organisation_id=row.organisation_id,
            organisation_name=row.organisation.name,
            state=row.state,
            purpose=row.purpose,
            language=row.language,
            characters=row.characters,
            seconds=None if clip is None else clip.seconds,
            log_index=None if clip is None else clip.log_index,
            created_at=row.created_at,
        )
