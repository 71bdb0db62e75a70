"""What the checks hand to the gate: frozen, serialisable, with scores and versions, and no opinion.

Only the standard library is imported here, so that the gate and the web process read evidence without loading a model.
``passed`` and ``accepted`` fields restate a score against the check's own operating point; the gate applies policy on the scores.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["synthetic", "bona_fide_like", "inconclusive"]


@dataclass(frozen=True, slots=True)
class WordScore:
    """One challenge word: log-likelihood ratio of the word against its best rival; ``heard`` names that rival if it won."""

    word: str
    llr: float
    ok: bool
    start_s: float = 0.0
    end_s: float = 0.0
    heard: str | None = None


@dataclass(frozen=True, slots=True)
class ChallengeEvidence:
    """Did the recording say the challenge words, all of them, in order, and the consent statement before them?

    Attributes:
        words: one score per challenge word, in order.
        passed: every word held, nothing was missing, extra or swapped.
        statement_score: mean per-phone log-likelihood ratio of the consent statement against a free phone loop; None when no statement was asked for.
        problem: English, names the first word that failed; None when passed.
        version: check and threshold version.
    """

    words: tuple[WordScore, ...]
    passed: bool
    statement_score: float | None
    problem: str | None
    version: str


@dataclass(frozen=True, slots=True)
class TextEvidence:
    """Did an enrolment take read the sentence it was shown?

    Attributes:
        words: one score per word long enough to be judged, in order.
        held: share of those words that held, in [0, 1].
        score: mean log-likelihood ratio per frame of the text against any string of phones.
        passed: enough words held and the text as a whole fits.
        problem: English, names a word that failed; None when passed.
        version: check and threshold version.
    """

    words: tuple[WordScore, ...]
    held: float
    score: float
    passed: bool
    problem: str | None
    version: str


@dataclass(frozen=True, slots=True)
class SpeakerEvidence:
    """Same person? ``llr`` is a calibrated natural-log likelihood ratio; ``accepted_at_far`` the false-accept rate of a threshold set at this score."""

    llr: float
    net_seconds: float
    snr_db: float
    accepted_at_far: float
    version: str
    consistency_llr: float | None = None  # worst window of the test against the rest of it: one speaker throughout
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class BandShare:
    """What one kind of cue in one band of frequencies contributed to a score.

    Attributes:
        cue: ``level``, ``shape``, ``speed``, ``detail``, ``modulation``, ``pulses``, ``synchrony``, ``periodicity``, ``flatness``, ``delay``,
            ``frequency``; or ``cepstrum``, ``excitation`` and ``overall``, which belong to no band.
        low_hz, high_hz: the band; the whole range for cues of none.
        log_odds: by how much the score falls when the cue is replaced by what is usual; negative where it spoke for a person.
    """

    cue: str
    low_hz: float
    high_hz: float
    log_odds: float


@dataclass(frozen=True, slots=True)
class SegmentScore:
    """One stretch of a recording, its probability of being synthetic, and the cues that spoke loudest, first."""

    start_s: float
    end_s: float
    p_synthetic: float
    cues: tuple[BandShare, ...] = ()


@dataclass(frozen=True, slots=True)
class DetectorScore:
    """Was this speech made by a machine? ``p_synthetic`` is calibrated; the verdict leaves room for not knowing.

    Attributes:
        p_synthetic: at equal odds before listening.
        verdict: never "human".
        segments: in order; they overlap.
        version: of model and calibration.
        channel: what the sound came through, by which it was calibrated: ``clear``, ``noisy`` or ``narrow``; None where nothing was heard.
        cues: over the whole recording, as in a segment.
    """

    p_synthetic: float
    verdict: Verdict
    segments: tuple[SegmentScore, ...]
    version: str
    channel: str | None = None
    cues: tuple[BandShare, ...] = ()


@dataclass(frozen=True, slots=True)
class LivenessEvidence:
    """Live human or presentation attack? Probabilities in [0, 1]; ``splice`` likewise; ``passed`` at the check's operating point."""

    p_synthetic: float
    p_replay: float
    splice: float
    passed: bool
    version: str
    cues: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WatermarkEvidence:
    """Was one of our own marks found in material that should be human?"""

    present: bool
    payload: int | None
    log10_p: float
    version: str


@dataclass(frozen=True, slots=True)
class DuplicateEvidence:
    """Best fingerprint match with an earlier recording or released clip; ``score`` in [0, 1]."""

    matched: bool
    score: float
    matched_kind: str | None  # "recording" | "clip"
    version: str


@dataclass(frozen=True, slots=True)
class IdentityEvidence:
    """Is this voice already enrolled by somebody else, or on the protected list? LLRs against the nearest of each."""

    nearest_other_llr: float | None
    nearest_protected_llr: float | None
    version: str


@dataclass(frozen=True, slots=True)
class QualityEvidence:
    """Is there enough clean speech to judge and to learn from?"""

    net_seconds: float
    snr_db: float
    clipped_share: float
    problem: str | None
    version: str
