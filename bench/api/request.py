"""What every request of the bench asks for."""

from __future__ import annotations


def body_for(voice: str) -> dict[str, str]:
    """The JSON of ``POST /v1/synthesis``."""
    return {
        "voice_id": voice,
        "text": "The quick brown fox jumps over the lazy dog.",
        "purpose": "narration",
        "format": "wav",
    }
