"""The part of SSML 1.1 that this engine speaks, and the inline tags of plain text.

``<speak>``, ``<p>``, ``<s>``, ``<break time|strength>``, ``<phoneme alphabet ph>`` (``x-arpabet``, ``x-pinyin``, ``ipa`` for
English), ``<say-as interpret-as>``, ``<sub alias>``, ``<prosody rate pitch>``, ``<lang xml:lang>``. A text whose first
sign is not ``<speak`` is plain; of tags in it ``<break>`` and ``<phoneme>`` are read and everything else is text.

Input is from outside: there are no document types, entities beyond the five of XML, processing instructions or namespaces,
and length, depth and number of elements are bounded.
"""

from __future__ import annotations

import math
import re
import xml.parsers.expat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.text import pronunciations, say_as

MAX_CHARACTERS: Final = 100_000
MAX_DEPTH: Final = 16
MAX_ELEMENTS: Final = 2_000
MAX_BREAK_SECONDS: Final = 10.0

_STRENGTHS: Final = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.8, "x-strong": 1.2}
_RATES: Final = {"x-slow": 0.5, "slow": 0.75, "medium": 1.0, "default": 1.0, "fast": 1.25, "x-fast": 1.75}
_PITCHES: Final = {"x-low": -6.0, "low": -3.0, "medium": 0.0, "default": 0.0, "high": 3.0, "x-high": 6.0}
_INLINE: Final = re.compile(
    r"<break(?P<gap>(?:\s[^<>]{0,200})?)/?>|<phoneme(?P<given>\s[^<>]{1,400})>(?P<inner>[^<>]{0,400})</phoneme>",
    re.IGNORECASE,
)
_ATTRIBUTE: Final = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


@dataclass(frozen=True, slots=True)
class Prosody:
    """How a stretch is spoken, beside how the request says.

    Attributes:
        rate: factor on the rate of speech, 0.25 to 4.
        pitch: semitones, -12 to 12.
    """

    rate: float = 1.0
    pitch: float = 0.0


AS_ASKED: Final = Prosody()


@dataclass(frozen=True, slots=True)
class Speech:
    """Words of one manner.

    Attributes:
        text: what is written.
        language: tag of ``segments.TAGS`` when the document names one; None leaves it to the request.
        prosody: manner.
        phones: symbols when the document gives the pronunciation; ``text`` is then for the eye.
    """

    text: str
    language: str | None = None
    prosody: Prosody = AS_ASKED
    phones: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """Silence."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Document:
    """What is to be spoken, in order; no two breaks stand together, and none is of no length."""

    parts: tuple[Speech | Break, ...]

    @property
    def text(self) -> str:
        """What is written, without tags."""
        return "".join(part.text for part in self.parts if isinstance(part, Speech))

    def utterances(self) -> list[tuple[list[Speech], float]]:
        """Stretches that are spoken in one breath and one manner, each with the silence after it in seconds."""
        found: list[tuple[list[Speech], float]] = []
        for part in self.parts:
            if isinstance(part, Break):
                if found:
                    found[-1] = (found[-1][0], part.seconds)
                else:
                    found.append(([], part.seconds))
            elif found and not found[-1][1] and found[-1][0][-1].prosody == part.prosody:
                found[-1][0].append(part)
            else:
                found.append(([part], 0.0))
        return found


def is_ssml(text: str) -> bool:
    """Whether ``text`` says of itself that it is SSML (which it may be and still be refused)."""
    return re.match(r"\s*(?:<\?xml[^>]{0,100}\?>\s*)?(?:<!DOCTYPE\s|<speak[\s>/])", text) is not None


def parse(text: str) -> Document:
    """Read SSML, or plain text with inline tags.

    Raises:
        EngineError: ``bad_markup``, with what is wrong and where.
    """
    if len(text) > MAX_CHARACTERS:
        raise EngineError("bad_markup", f"A document has at most {MAX_CHARACTERS} characters.")
    return _Reader().read(text.strip()) if is_ssml(text) else _plain(text)


def _plain(text: str) -> Document:
    parts: list[Speech | Break] = []
    start = 0
    for match in _INLINE.finditer(text):
        parts.append(Speech(text[start : match.start()]))
        if match["given"] is None:
            parts.append(Break(_seconds(_attributes(match["gap"]))))
        else:
            parts.append(_given(_attributes(match["given"]), Speech(match["inner"])))
        start = match.end()
    parts.append(Speech(text[start:]))
    return Document(_tidy(parts))


def _tidy(parts: list[Speech | Break]) -> tuple[Speech | Break, ...]:
    tidy: list[Speech | Break] = []
    for part in parts:
        last = tidy[-1] if tidy else None
        if isinstance(part, Break):
            if isinstance(last, Break):
                tidy[-1] = Break(min(last.seconds + part.seconds, MAX_BREAK_SECONDS))
            elif part.seconds:
                tidy.append(part)
        elif part.phones is None and isinstance(last, Speech) and last == replace(part, text=last.text):
            tidy[-1] = replace(last, text=last.text + part.text)
        elif part.text.strip() or part.phones or (part.text and isinstance(last, Speech)):
            tidy.append(part)
    return tuple(tidy)


class _Reader:
    """One reading of one document."""

    def __init__(self) -> None:
        self._parts: list[Speech | Break] = []
        self._manner: list[Speech] = [Speech("")]
        self._alias: list[str | None] = [None]
        self._names: list[str] = []
        self._text = ""
        self._elements = 0

    def read(self, text: str) -> Document:
        parser = xml.parsers.expat.ParserCreate()
        parser.buffer_text = True
        for name in (
            "StartDoctypeDeclHandler",
            "EntityDeclHandler",
            "ExternalEntityRefHandler",
            "UnparsedEntityDeclHandler",
        ):
            setattr(parser, name, _refuse_definitions)
        parser.ProcessingInstructionHandler = _refuse_definitions
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        parser.CharacterDataHandler = self._characters
        try:
            parser.Parse(text, True)
        except xml.parsers.expat.ExpatError as error:
            reason = xml.parsers.expat.ErrorString(error.code)
            raise EngineError(
                "bad_markup", f"The SSML is not well formed at line {error.lineno}, column {error.offset}: {reason}."
            ) from error
        return Document(_tidy(self._parts))

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self._flush()
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._names) >= MAX_DEPTH:
            raise EngineError("bad_markup", f"SSML has at most {MAX_ELEMENTS} elements, {MAX_DEPTH} deep.")
        if (name == "speak") != (not self._names):
            raise EngineError("bad_markup", "SSML is one <speak> element, and no other stands inside it.")
        if self._names and self._names[-1] in ("phoneme", "say-as", "sub", "break"):
            raise EngineError("bad_markup", f"Nothing stands inside <{self._names[-1]}> but text.")
        manner = self._manner[-1]
        alias = None
        if name == "break":
            self._parts.append(Break(_seconds(attributes)))
        elif name == "phoneme":
            manner = _given(attributes, manner)
        elif name == "prosody":
            manner = replace(manner, prosody=_prosody(attributes, manner.prosody))
        elif name in ("lang", "speak") and (code := attributes.get("xml:lang")):
            manner = replace(manner, language=_language(code))
        elif name == "say-as":
            alias = attributes.get("interpret-as", "")
        elif name == "sub":
            if "alias" not in attributes:
                raise EngineError("bad_markup", "<sub> needs the attribute alias.")
            alias = "=" + attributes["alias"]
        elif name not in ("speak", "p", "s", "lang", "emphasis", "w", "token", "mark"):
            raise EngineError("bad_markup", f"There is no element <{name[:30]}> here.")
        self._manner.append(manner)
        self._alias.append(alias)
        self._names.append(name)

    def _close(self, name: str) -> None:
        self._flush()
        self._manner.pop()
        self._alias.pop()
        self._names.pop()
        if name in ("p", "s"):
            self._parts.append(Break(_STRENGTHS["strong" if name == "p" else "medium"]))

    def _characters(self, text: str) -> None:
        self._text += text

    def _flush(self) -> None:
        text, self._text = re.sub(r"\s+", " ", self._text), ""
        if not text:
            return
        manner, alias = self._manner[-1], self._alias[-1]
        if alias is not None and (names := say_as.letters(text, alias)):
            manner = replace(manner, phones=names)
        elif alias is not None:
            text = alias[1:] if alias.startswith("=") else say_as.spoken(text, alias, manner.language)
        self._parts.append(replace(manner, text=text))


def _refuse_definitions(*_: object) -> None:
    raise EngineError("bad_markup", "SSML here has no document type, entity or processing instruction.")


def _given(attributes: Mapping[str, str], manner: Speech) -> Speech:
    ph = attributes.get("ph", "").strip()
    if not ph:
        raise EngineError("bad_markup", "A <phoneme> tag needs its phones in the attribute ph.")
    alphabet = attributes.get("alphabet", "x-arpabet").lower()
    return replace(manner, phones=pronunciations.phones(ph, alphabet))


def _prosody(attributes: Mapping[str, str], outer: Prosody) -> Prosody:
    rate, pitch = outer.rate, outer.pitch
    if "rate" in attributes:
        rate *= _rate(attributes["rate"].strip().lower())
    if "pitch" in attributes:
        pitch += _pitch(attributes["pitch"].strip().lower())
    if not (0.25 <= rate <= 4 and -12 <= pitch <= 12):
        raise EngineError(
            "bad_markup", "<prosody> goes from a quarter to four times the rate, and twelve semitones either way."
        )
    return Prosody(rate, pitch)


def _rate(text: str) -> float:
    if text in _RATES:
        return _RATES[text]
    if found := re.fullmatch(r"(\d{1,4}(?:\.\d{1,3})?)%", text):
        return float(found[1]) / 100
    if found := re.fullmatch(r"([+-]\d{1,4}(?:\.\d{1,3})?)%", text):
        return 1 + float(found[1]) / 100
    if found := re.fullmatch(r"\d{1,2}(?:\.\d{1,3})?", text):
        return float(text)
    raise EngineError("bad_markup", f'{text[:20]!r} is no rate; one looks like "fast", "120%" or "0.8".')


def _pitch(text: str) -> float:
    if text in _PITCHES:
        return _PITCHES[text]
    if found := re.fullmatch(r"([+-]?\d{1,3}(?:\.\d{1,3})?)(st|%)", text):
        value = float(found[1])
        if found[2] == "st":
            return value
        if value > -100:
            return 12 * math.log2(1 + value / 100)
    raise EngineError("bad_markup", f'{text[:20]!r} is no pitch; one looks like "high", "+2st" or "-10%".')


def _language(code: str) -> str:
    primary = code.lower().replace("_", "-").split("-")[0]
    if code.lower().replace("_", "-") in ("zh-hk", "yue-hk"):
        return "yue"
    return {"cmn": "zh"}.get(primary, primary)


def _attributes(text: str) -> dict[str, str]:
    return {name.lower(): double or single for name, double, single in _ATTRIBUTE.findall(text)}


def _seconds(attributes: Mapping[str, str]) -> float:
    if "time" not in attributes:
        strength = attributes.get("strength", "medium").lower()
        if strength not in _STRENGTHS:
            raise EngineError("bad_markup", f"A <break> has a strength of {', '.join(_STRENGTHS)}.")
        return _STRENGTHS[strength]
    found = re.fullmatch(r"\s*\+?(\d{1,6}(?:\.\d{1,6})?)\s*(ms|s)\s*", attributes["time"], re.IGNORECASE)
    if found is None:
        raise EngineError("bad_markup", 'A <break> needs time="500ms" or time="1.5s".')
    return min(float(found[1]) / (1000 if found[2].lower() == "ms" else 1), MAX_BREAK_SECONDS)
