"""What was heard before: fingerprints of earlier recordings, and the voices of other people.

Both are unsealed into this worker's memory and kept there, since unsealing all of them for each recording would cost more with each
owner. Before each question the memory is brought up to date: new rows are added, erased ones forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from audiokit import Audio
from safeguards import vault
from safeguards.evidence import DuplicateEvidence, IdentityEvidence
from safeguards.fingerprint import SAME_RECORDING_SCORE, FingerprintError, FingerprintIndex, Match, extract
from safeguards.fingerprint import VERSION as FINGERPRINT_VERSION
from voices import hooks
from voices.analysis.checks import comparable, heard_of, known_of, speaker_version
from voices.models import ProtectedVoice, Recording, SpeakerTemplate
from voices.selectors import recording_audio
from voices.services.protected import EMBEDDING_CONTEXT as PROTECTED_CONTEXT
from voices.services.templates import FINGERPRINT_CONTEXT, TEMPLATE_CONTEXT, recording_describe

if TYPE_CHECKING:
    from safeguards.speaker import SpeakerIndex

# Stricter than the fingerprint's own rate of false matches, because a refusal of a consent is final. Its score tells another reading
# of the same sentence by the same person from the same recording (``SAME_RECORDING_SCORE``).
MATCH_LOG10_P = -6.0


@dataclass(slots=True)
class _Heard:
    """Fingerprints of one world."""

    index: FingerprintIndex = field(default_factory=FingerprintIndex)
    known: set[str] = field(default_factory=set)


_worlds: dict[str, _Heard] = {}
_PROTECTED = "protected"  # no world's name
_indexes: dict[str, SpeakerIndex] = {}


def fingerprint_of(audio: Audio) -> bytes:
    """What a later recording is compared with."""
    return extract(audio)


def duplicate(world: str, recording_id: str, fingerprint: bytes) -> DuplicateEvidence:
    """The best match with an earlier recording of this world, or with a released clip."""
    heard = _up_to_date(world)
    found = [match for match in heard.index.query(fingerprint) if match.id != recording_id]
    same = [match.score for match in found if _same(match)]
    recording = max(same, default=None)
    clip = hooks.clip_match(world, fingerprint)
    kind, score = ("recording", recording) if clip is None or (recording or 0.0) >= clip else ("clip", clip)
    if score is None:
        best = max((match.score for match in found), default=0.0)
        return DuplicateEvidence(False, _unit(best), None, FINGERPRINT_VERSION)
    return DuplicateEvidence(True, _unit(score), kind, FINGERPRINT_VERSION)


def _same(match: Match) -> bool:
    return match.log10_p <= MATCH_LOG10_P and match.score >= SAME_RECORDING_SCORE


def _unit(score: float) -> float:
    return min(1.0, max(0.0, score))


def _up_to_date(world: str) -> _Heard:
    rows = Recording.objects.filter(world=world, erased_at=None, fingerprint_sealed__isnull=False)
    present = set(rows.values_list("pk", flat=True))
    heard = _worlds.setdefault(world, _Heard())
    for gone in heard.known - present:
        heard.index.remove(gone)
    heard.known &= present
    for row in rows.filter(pk__in=present - heard.known).select_related("owner"):
        sealed = bytes(row.fingerprint_sealed or b"")
        try:
            plain = vault.open(row.owner.data_key_id, sealed, context=FINGERPRINT_CONTEXT)
        except vault.KeyDestroyed:
            continue  # erased between the two queries
        try:
            heard.index.add(row.pk, plain)
        except FingerprintError:
            # Another version of the extractor made it: make it anew, so that an upgrade forgets nothing.
            plain = fingerprint_of(recording_audio(recording=row))
            recording_describe(recording=row, fingerprint=plain, embedding=None)
            heard.index.add(row.pk, plain)
        heard.known.add(row.pk)
    return heard


def identity(world: str, account_id: str, embedding: bytes) -> IdentityEvidence:
    """The nearest voice of another account in this world, and the nearest protected one.

    Raises:
        RuntimeError: a template was made by another version of the encoder, so that nothing can be said about it.
    """
    asked = heard_of(embedding)
    own = SpeakerTemplate.objects.filter(world=world, owner__account_id=account_id)
    other = _voices(world).nearest(asked, exclude=set(_stored(own)))
    guarded = _protected().nearest(asked)
    return IdentityEvidence(
        nearest_other_llr=None if other is None else other[1],
        nearest_protected_llr=None if guarded is None else guarded[1],
        version=speaker_version(),
    )


def _voices(world: str) -> SpeakerIndex:
    """Everybody enrolled in a world, brought up to date."""
    index = _index(world)
    rows = SpeakerTemplate.objects.filter(world=world)
    new = _news(index, _stored(rows))
    for row in rows.filter(pk__in=new.values()).select_related("owner"):
        try:
            index.add(_key(row.pk, row.stored_at), known_of(template_of(row)))
        except vault.KeyDestroyed:
            continue  # erased between the two queries
    return index


def _stored(rows: QuerySet[SpeakerTemplate]) -> dict[str, str]:
    """Templates as the index knows them, and their rows; one that is made anew counts as another."""
    return {_key(pk, moment): pk for pk, moment in rows.values_list("pk", "stored_at")}


def _key(pk: str, moment: datetime) -> str:
    return f"{pk}@{moment.timestamp()}"


def _protected() -> SpeakerIndex:
    """The protected voices, brought up to date."""
    index = _index(_PROTECTED)
    new = _news(index, {pk: pk for pk in ProtectedVoice.objects.values_list("pk", flat=True)})
    for row in ProtectedVoice.objects.filter(pk__in=new):
        _same_version(row.version)
        plain = vault.open(row.data_key_id, bytes(row.embedding_sealed), context=PROTECTED_CONTEXT)
        index.add(row.pk, known_of(plain))
    return index


def _index(name: str) -> SpeakerIndex:
    from safeguards.speaker import SpeakerIndex

    return _indexes.setdefault(name, SpeakerIndex())


def _news(index: SpeakerIndex, present: dict[str, str]) -> dict[str, str]:
    """Forget what is gone; what of ``present`` is new."""
    known = index.ids
    for gone in known - present.keys():
        index.remove(gone)
    return {key: pk for key, pk in present.items() if key not in known}


def template_of(row: SpeakerTemplate) -> bytes:
    """The embedding of a template.

    Raises:
        RuntimeError: another version of the encoder made it.
        KeyDestroyed: erased meanwhile.
    """
    _same_version(row.version)
    return vault.open(row.owner.data_key_id, bytes(row.embedding_sealed), context=TEMPLATE_CONTEXT)


def _same_version(version: str) -> None:
    if not comparable(version):
        raise RuntimeError(f"a speaker template of version {version!r} must be made anew for {speaker_version()!r}")
