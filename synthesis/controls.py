"""What a request may ask of an engine. Bounds that hold for every engine; the engine itself may refuse more."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from audiokit import FORMATS
from synthesis.errors import RequestInvalid
from voices.scope import LANGUAGES, PURPOSES

MAX_CHARACTERS: Final = 4096  # as OpenAI's speech endpoint
EMOTIONS: Final = ("neutral", "cheerful", "calm", "sad", "serious", "encouraging")
# Engines that keep references by name, so that an owner may read in several manners.
STYLED_ENGINES: Final = frozenset({"gpt-sovits"})
SPEED: Final = (0.25, 4.0)  # as OpenAI's speech endpoint
PITCH: Final = (-12.0, 12.0)  # semitones
_STYLE: Final = re.compile(r"[\w-]{1,40}")
MAX_SEED: Final = 2**31 - 1
# Formats whose bytes can leave before the end is known; for the others a stream request waits for the whole clip.
STREAM_FORMATS: Final = ("pcm", "wav", "mp3")


def clean_text(text: str) -> str:
    """The text as it will be spoken and counted: NFC, line ends as spaces, no control or private-use characters.

    Raises:
        RequestInvalid: ``text_empty``, ``text_too_long`` or ``text_unreadable`` (nothing in it is a letter or digit).
    """
    # Four code points can make one under NFC; a longer text cannot fit, and is not worth normalising.
    if len(text) > 4 * MAX_CHARACTERS:
        raise RequestInvalid("text_too_long", f"The text is longer than {MAX_CHARACTERS} characters; send it in parts.")
    normal = unicodedata.normalize("NFC", text)
    spaced = "".join(" " if character in "\r\n\t\v\f\u2028\u2029" else character for character in normal)
    kept = "".join(character for character in spaced if unicodedata.category(character) not in {"Cc", "Cs", "Co", "Cn"})
    clean = " ".join(kept.split())
    if not clean:
        raise RequestInvalid("text_empty", "There is no text to speak; send at least one word.")
    if len(clean) > MAX_CHARACTERS:
        raise RequestInvalid("text_too_long", f"The text is longer than {MAX_CHARACTERS} characters; send it in parts.")
    if not any(character.isalnum() for character in clean):
        raise RequestInvalid("text_unreadable", "The text holds no letter and no digit; send words.")
    return clean


def check_scope(*, purpose: str, language: str) -> None:
    """Whether these words are known at all; what a grant covers is the gate's business. No purpose is needed for the sandbox actor.

    Raises:
        RequestInvalid: ``purpose_unknown`` or ``language_unknown``.
    """
    if purpose and purpose not in PURPOSES:
        raise RequestInvalid("purpose_unknown", f"This is no purpose we know; choose one of {', '.join(PURPOSES)}.")
    if language not in LANGUAGES:
        raise RequestInvalid("language_unknown", f"This is no language we know; choose one of {', '.join(LANGUAGES)}.")


def check_controls(
    *,
    format: str,  # noqa: A002 -- the public name
    speed: float,
    pitch: float,
    emotion: str,
    seed: int | None,
    valence: float = 0.0,
    arousal: float = 0.0,
    style: str = "",
) -> None:
    """Whether the values lie within bounds.

    Raises:
        RequestInvalid: ``format_unknown``, ``speed_out_of_range``, ``pitch_out_of_range``, ``emotion_unknown``,
            ``valence_out_of_range``, ``arousal_out_of_range``, ``style_unreadable`` or ``seed_out_of_range``.
    """
    _check_manner(valence=valence, arousal=arousal, style=style)
    if format not in FORMATS:
        raise RequestInvalid(
            "format_unknown", f"{format!r} is no format we deliver; choose one of {', '.join(FORMATS)}."
        )
    if not SPEED[0] <= speed <= SPEED[1]:
        raise RequestInvalid("speed_out_of_range", f"speed must lie between {SPEED[0]} and {SPEED[1]}.")
    if not PITCH[0] <= pitch <= PITCH[1]:
        raise RequestInvalid("pitch_out_of_range", f"pitch must lie between {PITCH[0]} and {PITCH[1]} semitones.")
    if emotion and emotion not in EMOTIONS:
        raise RequestInvalid(
            "emotion_unknown", f"{emotion!r} is no emotion we know; choose one of {', '.join(EMOTIONS)}."
        )
    if seed is not None and not 0 <= seed <= MAX_SEED:
        raise RequestInvalid("seed_out_of_range", f"seed must lie between 0 and {MAX_SEED}.")


def _check_manner(*, valence: float, arousal: float, style: str) -> None:
    for name, value in (("valence", valence), ("arousal", arousal)):
        if not -1.0 <= value <= 1.0:
            raise RequestInvalid(f"{name}_out_of_range", f"{name} must lie between -1 and 1.")
    if style and not _STYLE.fullmatch(style):
        raise RequestInvalid("style_unreadable", "A style is named by at most 40 letters, digits, - and _.")
