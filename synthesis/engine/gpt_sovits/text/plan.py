"""A whole text, plain or SSML, to the pieces that are spoken one by one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from synthesis.engine.gpt_sovits.text import front_end, split, ssml
from synthesis.engine.gpt_sovits.text.front_end import Phones
from synthesis.engine.gpt_sovits.text.symbols import Version
from synthesis.engine.gpt_sovits.text.zh.readings import Polyphones

# What must not be cut stands as one character of a Unicode block (Han, extension G) that has no readings.
_FIRST: Final = 0x30000
_SEALED: Final = 400
_SEALS: Final = re.compile(f"([{chr(_FIRST)}-{chr(_FIRST + _SEALED - 1)}])")
_SHORT_SPAN: Final = 200


@dataclass(frozen=True, slots=True)
class Piece:
    """What one run of the models speaks.

    Attributes:
        stretches: phones, one stretch a language.
        text: as written, marks added.
        prosody: manner, beside the request's.
        pause: seconds of silence that the author asks for after it; None leaves it to the engine.
    """

    stretches: tuple[Phones, ...]
    text: str
    prosody: ssml.Prosody = ssml.AS_ASKED
    pause: float | None = None

    @property
    def ids(self) -> tuple[int, ...]:
        """Numbers of all its symbols."""
        return tuple(number for stretch in self.stretches for number in stretch.ids)


def plan(
    text: str,
    tag: str,
    *,
    method: str = "cut5",
    version: Version = "v2",
    polyphones: Polyphones | None = None,
    imitate: bool = False,
) -> list[Piece]:
    """Pieces of a text in order; empty when nothing in it can be spoken.

    Args:
        text: plain, with or without inline tags, or SSML.
        tag: of ``segments.TAGS``; ``<lang>`` overrules it.
        method: of ``split.split``.
        version: of the models' symbols.
        polyphones: decides Chinese readings by the sentence.
        imitate: do as upstream where it is at fault.

    Raises:
        EngineError: ``bad_markup``, ``language_unsupported``, ``unknown_split``, ``dependency_missing``.
    """
    found: list[Piece] = []
    for speeches, pause in ssml.parse(text).utterances():
        for run in _runs(speeches, tag):
            own = run[0].language or tag
            for written in _cut(run, own, method, imitate=imitate):
                stretches = _stretches(written, own, version, polyphones, imitate=imitate)
                if stretches:
                    found.append(Piece(tuple(stretches), _text(written), run[0].prosody))
        if pause and found:
            found[-1] = replace(found[-1], pause=(found[-1].pause or 0.0) + pause)
    return found


def _runs(speeches: Sequence[ssml.Speech], tag: str) -> list[list[ssml.Speech]]:
    """Neighbours that are cut together: of one language, or short enough to stand whole in another."""
    runs: list[list[ssml.Speech]] = []
    for speech in speeches:
        first = runs[-1][0] if runs else None
        same = first is not None and (speech.language or tag) == (first.language or tag)
        short = speech.phones is not None or len(speech.text) <= _SHORT_SPAN
        if runs and (same or short) and len(runs[-1]) < _SEALED:
            runs[-1].append(speech)
        else:
            runs.append([speech])
    return runs


def _cut(run: Sequence[ssml.Speech], tag: str, method: str, *, imitate: bool) -> list[list[ssml.Speech]]:
    """A run cut into pieces, each a list of speeches again."""
    sealed = [speech for speech in run if _is_sealed(speech, run[0])]
    if len(sealed) == len(run):
        return [list(run)]
    whole, used = "", 0
    for speech in run:
        if _is_sealed(speech, run[0]):
            whole += chr(_FIRST + used)
            used += 1
        else:
            whole += _SEALS.sub("", speech.text)
    pieces = split.pieces(split.squeeze(whole), tag, method, imitate=imitate)
    return [_unsealed(piece, sealed, replace(run[0], phones=None)) for piece in pieces]


def _is_sealed(speech: ssml.Speech, first: ssml.Speech) -> bool:
    return speech.phones is not None or speech.language != first.language


def _unsealed(piece: str, sealed: Sequence[ssml.Speech], plain: ssml.Speech) -> list[ssml.Speech]:
    parts = [part for part in _SEALS.split(piece) if part]
    return [sealed[ord(part) - _FIRST] if _SEALS.fullmatch(part) else replace(plain, text=part) for part in parts]


def _text(written: Sequence[ssml.Speech]) -> str:
    return "".join(speech.text for speech in written)


def _stretches(
    written: Sequence[ssml.Speech], tag: str, version: Version, polyphones: Polyphones | None, *, imitate: bool
) -> list[Phones]:
    if all(speech.phones is None and (speech.language or tag) == tag for speech in written):
        return front_end.speak(_text(written), tag, version=version, polyphones=polyphones, imitate=imitate)
    found: list[Phones] = []
    for speech in written:
        if speech.phones is not None:
            found.append(front_end.given(speech.phones, speech.text, version=version))
        else:
            own = speech.language or tag
            found.extend(front_end.stretches(speech.text, own, version=version, polyphones=polyphones, imitate=imitate))
    return front_end.long_enough([each for each in found if each.ids], version)
