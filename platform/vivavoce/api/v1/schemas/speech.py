"""Speech as OpenAI's and ElevenLabs' clients ask for it. Members that both name and we do not serve are listed, so that a typo is still refused."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vivavoce.api.identifiers import Identifier
from vivavoce.api.v1.schemas.base import In
from vivavoce.api.v1.schemas.synthesis import Format


class VoiceRef(In):
    """A voice as an object."""

    id: Identifier


class SpeechIn(In):
    """``POST /v1/audio/speech`` as OpenAI documents it, and three members of ours: ``purpose``, ``language``, ``seed``."""

    model: str = Field(max_length=64, description="Any name; a voice's own engine speaks.")
    input: str = Field(min_length=1, max_length=4096)
    voice: Identifier | VoiceRef
    response_format: Format = "mp3"
    speed: float = Field(1.0, ge=0.25, le=4.0)
    instructions: str = Field(
        "", max_length=4096, description="Searched for the name of an emotion; otherwise without effect."
    )
    stream_format: Literal["audio", "sse"] | None = Field(
        None,
        description="Given: sent piece by piece while it is made. Left out: the finished file, with its C2PA manifest.",
    )
    purpose: str | None = Field(None, max_length=40, description="Needed where your grants for the voice name several.")
    language: str | None = Field(None, max_length=8)
    seed: int | None = Field(None, ge=0, le=2**31 - 1)

    @property
    def voice_id(self) -> str:
        """From either form."""
        return self.voice.id if isinstance(self.voice, VoiceRef) else self.voice


class VoiceSettings(In):
    """ElevenLabs' settings; ``speed`` alone has an effect here."""

    speed: float = Field(1.0, ge=0.25, le=4.0)
    stability: float | None = None
    similarity_boost: float | None = None
    style: float | None = None
    use_speaker_boost: bool | None = None


class TextToSpeechIn(In):
    """``POST /v1/text-to-speech/{voice_id}`` as ElevenLabs documents it."""

    text: str = Field(min_length=1, max_length=4096)
    model_id: str | None = Field(None, max_length=64)
    language_code: str | None = Field(None, max_length=8)
    voice_settings: VoiceSettings = Field(default_factory=lambda: VoiceSettings(speed=1.0))
    seed: int | None = Field(None, ge=0, le=2**31 - 1)
    purpose: str | None = Field(None, max_length=40)
