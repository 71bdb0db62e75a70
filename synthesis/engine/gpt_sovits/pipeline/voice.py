"""What this engine knows of one voice, and how it lies in a ``VoiceModel``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synthesis.engine.errors import EngineError
from synthesis.engine.voice_model import VoiceModel

ENGINE: Final = "gpt-sovits"
NEUTRAL: Final = "neutral"
_MAX_TOKENS: Final = 400
_MAX_PHONES: Final = 1024
_CODES, _PHONES, _BERT, _STYLE = ".codes", ".phones", ".bert", ".style"


@dataclass(frozen=True, eq=False)
class Reference:
    """One mood of a voice.

    Attributes:
        codes: semantic tokens of the reference recording, ``[P]``; none when it has no text and only lends its style.
        phones: of what is said in it, ``[S]``.
        bert: features of these phones ``[bert, S]`` in float16; None where the language has none.
        style: style vector, the mean over all recordings of this mood, ``[gin]``.
    """

    codes: NDArray[np.int32]
    phones: NDArray[np.int32]
    bert: NDArray[np.float16] | None
    style: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Voice:
    """All that conditions the networks.

    Attributes:
        references: by mood; ``neutral`` is always there.
        t2s: SHA-256 of the token model's weights that the voice belongs to; ``sovits`` of the second stage's.
        facts: further strings kept with the model.
    """

    references: Mapping[str, Reference]
    t2s: str
    sovits: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def reference(self, label: str | None, mood: str | None) -> tuple[Reference, bool]:
        """The reference to speak with, and whether it already has the mood.

        Args:
            label: a reference asked for by name.
            mood: an emotion, for which the voice may have a reference of that name.

        Raises:
            EngineError: ``style_unknown`` when there is none of that label.
        """
        if label and label not in self.references:
            known = ", ".join(sorted(self.references))
            raise EngineError("style_unknown", f"This voice has no reference {label[:40]!r}; it has {known}.")
        own = mood is not None and mood in self.references
        if label:
            return self.references[label], label == mood
        return self.references[mood if own and mood is not None else NEUTRAL], own

    def pack(self) -> VoiceModel:
        """As a value that any engine's caller can keep."""
        arrays: dict[str, NDArray[Any]] = {}
        for mood, reference in self.references.items():
            arrays[mood + _CODES] = reference.codes.astype(np.int32)
            arrays[mood + _PHONES] = reference.phones.astype(np.int32)
            arrays[mood + _STYLE] = reference.style.astype(np.float32)
            if reference.bert is not None:
                arrays[mood + _BERT] = reference.bert.astype(np.float16)
        return VoiceModel(ENGINE, arrays, {**self.facts, "t2s": self.t2s, "sovits": self.sovits})


def unpack(model: VoiceModel, *, gin: int, bert: int, codes: int, symbols: int) -> Voice:
    """Read a value back; it comes from outside, so every number is held against the networks' sizes.

    Args:
        model: the value.
        gin: width of the style vector.
        bert: width of the BERT features.
        codes: entries of the codebook.
        symbols: phones the models know.

    Raises:
        EngineError: code ``bad_voice_model`` when it is another engine's, lacks a part or does not fit.
    """
    if model.engine != ENGINE:
        raise _bad(f"it is of the engine {model.engine!r}")
    references = {}
    for mood in sorted(name.removesuffix(_STYLE) for name in model.arrays if name.endswith(_STYLE)):
        reference = _reference(model.arrays, mood)
        tokens, phones = reference.codes, reference.phones
        fits = (
            reference.style.shape == (gin,)
            and tokens.ndim == phones.ndim == 1
            and len(tokens) <= _MAX_TOKENS
            and len(phones) <= _MAX_PHONES
            and ((tokens >= 0) & (tokens < codes)).all()
            and ((phones >= 0) & (phones < symbols)).all()
            and (reference.bert is None or reference.bert.shape == (bert, len(phones)))
        )
        if not fits:
            raise _bad(f"its part {mood!r} does not fit these networks")
        references[mood] = reference
    if NEUTRAL not in references:
        raise _bad("it has no neutral reference")
    facts = dict(model.facts)
    return Voice(references, facts.pop("t2s", ""), facts.pop("sovits", ""), facts)


def _reference(arrays: Mapping[str, NDArray[Any]], mood: str) -> Reference:
    try:
        codes, phones, style = arrays[mood + _CODES], arrays[mood + _PHONES], arrays[mood + _STYLE]
    except KeyError as error:
        raise _bad(f"its part {mood!r} is not whole") from error
    if codes.dtype != np.int32 or phones.dtype != np.int32:
        raise _bad(f"its part {mood!r} has numbers of another type")
    return Reference(codes, phones, arrays.get(mood + _BERT), style.astype(np.float32))


def _bad(why: str) -> EngineError:
    return EngineError("bad_voice_model", f"This voice model cannot be used here: {why}.")
