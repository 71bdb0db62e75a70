"""Forced alignment of a reading with its known text, by pocketsphinx and the acoustic model it carries.

Two passes: word times from the text given as a grammar, then phone times within. The Viterbi beams of the recogniser
sometimes lose the path on a slow or noisy reading, so a ladder of decoder settings is climbed before giving up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pocketsphinx import Decoder

from synthesis.engine.parametric import phones as ph

SAMPLE_RATE: Final = 16_000

_LADDER: Final[tuple[dict[str, Any], ...]] = (
    {"bestpath": False},
    {},
    {"remove_noise": True},
    {"beam": 1e-57, "wbeam": 1e-30, "pbeam": 1e-50},
    {"fwdflat": False},
    {"beam": 1e-80, "wbeam": 1e-50, "pbeam": 1e-80},
)


@dataclass(frozen=True, slots=True)
class AlignedPhone:
    """One phone, in seconds; ``word`` is the index of its word in the text, or -1 in silence."""

    phone: str
    start: float
    end: float
    word: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """Phones of one reading and the words (lower case) that were aligned."""

    phones: tuple[AlignedPhone, ...]
    words: tuple[str, ...]


class Aligner:
    """Holds decoders; one per process is enough. Not for use by two threads at once.

    Args:
        pronounce: phones (without stress) of a word that the recogniser's own dictionary lacks.
    """

    def __init__(self, pronounce: Callable[[str], Sequence[str]]) -> None:
        self._pronounce = pronounce
        self._decoders: dict[int, Any] = {}

    def align(self, samples: NDArray[np.floating], words: Sequence[str]) -> Alignment | None:
        """Align 16 kHz ``samples`` ``[time]`` with lower-case ``words``; None when no setting finds a path."""
        if not words or any(re.fullmatch(r"[a-z']+", word) is None for word in words):
            return None
        noise = np.random.default_rng(0).standard_normal(len(samples))
        for dither in (1e-4, 1e-3):
            pcm = (np.clip(samples + dither * noise, -1, 1) * 32767).astype("<i2").tobytes()
            for rung in range(len(_LADDER)):
                try:
                    found = self._attempt(rung, pcm, words)
                except RuntimeError:
                    self._decoders.pop(rung, None)
                    continue
                if found is not None:
                    return found
        return None

    def release(self) -> None:
        """Let the decoders go; the next reading loads them again."""
        self._decoders.clear()

    def _decoder(self, rung: int) -> Any:
        """The last used rung's decoder stays, and no other, since each holds 20 MB."""
        if rung not in self._decoders:
            self._decoders.clear()
            self._decoders[rung] = Decoder(
                samprate=SAMPLE_RATE, lm=None, loglevel="FATAL", cmn="batch", **_LADDER[rung]
            )
        return self._decoders[rung]

    def _attempt(self, rung: int, pcm: bytes, words: Sequence[str]) -> Alignment | None:
        decoder = self._decoder(rung)
        for word in dict.fromkeys(words):
            if decoder.lookup_word(word) is None:
                decoder.add_word(word, " ".join(self._pronounce(word)), True)
        decoder.set_align_text(" ".join(words))
        _decode(decoder, pcm)
        if decoder.hyp() is None:
            return None
        decoder.set_alignment()
        _decode(decoder, pcm)
        aligned: list[AlignedPhone] = []
        index = -1
        for word in decoder.get_alignment():
            speech = not word.name.startswith(("<", "["))
            index += speech
            for phone in word:
                name = phone.name if speech and phone.name in ph.PHONE_ID else ph.SILENCE
                end = (phone.start + phone.duration) / 100
                aligned.append(AlignedPhone(name, phone.start / 100, end, index if speech else -1))
        return Alignment(tuple(aligned), tuple(words)) if index + 1 == len(words) else None


def _decode(decoder: Any, pcm: bytes) -> None:
    # The front end remembers the utterance before, and the same reading would be cut a little differently.
    decoder.reinit_feat()
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()
