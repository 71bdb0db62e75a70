"""Why the gate refuses. Codes are stable: never renamed, never reused; their order is their weight, heaviest first."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from safeguards.errors import Refusal


class Reason(StrEnum):
    """A reason code. Its value is what interfaces show; ``sentence`` tells the person what to do."""

    # Whose voice, and was it a living person
    RECORDING_WATERMARKED = "recording_watermarked"
    VOICE_PROTECTED = "voice_protected"
    SPEECH_SYNTHETIC = "speech_synthetic"
    SPEECH_REPLAYED = "speech_replayed"
    RECORDING_SPLICED = "recording_spliced"
    RECORDING_DUPLICATE = "recording_duplicate"
    VOICE_ALREADY_ENROLLED = "voice_already_enrolled"
    SPEAKER_MISMATCH = "speaker_mismatch"
    SPEAKER_INCONSISTENT = "speaker_inconsistent"
    # Was it said, now
    CHALLENGE_NOT_CONSUMED = "challenge_not_consumed"
    CHALLENGE_LATE = "challenge_late"
    CHALLENGE_WRONG = "challenge_wrong"
    STATEMENT_NOT_SPOKEN = "statement_not_spoken"
    TEXT_NOT_SPOKEN = "text_not_spoken"
    # Is there enough of it
    SPEECH_TOO_SHORT = "speech_too_short"
    RECORDING_NOISY = "recording_noisy"
    RECORDING_CLIPPED = "recording_clipped"
    TAKES_TOO_FEW = "takes_too_few"
    TAKES_UNCHECKED = "takes_unchecked"
    REVIEW_INCOMPLETE = "review_incomplete"
    # May it be used
    VOICE_UNKNOWN = "voice_unknown"
    VOICE_ERASED = "voice_erased"
    VOICE_REVOKED = "voice_revoked"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_MISSING = "consent_missing"
    CONSENT_EXPIRED = "consent_expired"
    WORLD_MISMATCH = "world_mismatch"
    GRANT_MISSING = "grant_missing"
    GRANT_REVOKED = "grant_revoked"
    GRANT_NOT_ACTIVE = "grant_not_active"
    GRANT_NOT_YET_VALID = "grant_not_yet_valid"
    GRANT_EXPIRED = "grant_expired"
    GRANT_EXHAUSTED = "grant_exhausted"
    VOICE_SUSPENDED = "voice_suspended"
    VOICE_NOT_READY = "voice_not_ready"
    PURPOSE_NOT_CONSENTED = "purpose_not_consented"
    LANGUAGE_NOT_CONSENTED = "language_not_consented"
    PURPOSE_NOT_GRANTED = "purpose_not_granted"
    LANGUAGE_NOT_GRANTED = "language_not_granted"
    FORMAT_NOT_GRANTED = "format_not_granted"
    QUOTA_EXHAUSTED = "quota_exhausted"
    ENROLMENT_NOT_QUEUED = "enrolment_not_queued"
    # May it leave
    WATERMARK_MISSING = "watermark_missing"
    WATERMARK_WRONG = "watermark_wrong"
    FORMAT_WRONG = "format_wrong"
    # Nobody knows
    EVIDENCE_MISSING = "evidence_missing"

    @property
    def sentence(self) -> str:
        """English, for the person who was refused."""
        return _SENTENCES[self]


_SENTENCES: dict[Reason, str] = {
    Reason.RECORDING_WATERMARKED: "This recording carries our watermark: it was generated here. Record yourself speaking, in one go, with a microphone.",
    Reason.VOICE_PROTECTED: "This voice is on the list of protected voices and cannot be enrolled. If it is yours, ask the operator to take it off.",
    Reason.SPEECH_SYNTHETIC: "This recording sounds like synthetic speech. Speak yourself, directly into a microphone, without voice effects.",
    Reason.SPEECH_REPLAYED: "This recording sounds as if it was played from a loudspeaker. Speak directly into the microphone.",
    Reason.RECORDING_SPLICED: "This recording seems to be put together from pieces. Record it in one go, without cutting or pausing the recording.",
    Reason.RECORDING_DUPLICATE: "This recording, or part of it, was already used here. Make a new recording.",
    Reason.VOICE_ALREADY_ENROLLED: "This voice is already enrolled by another account. If it is yours, use that account or ask the operator for a review.",
    Reason.SPEAKER_MISMATCH: "The voice is not the one that gave the consent. The same person must speak in every recording.",
    Reason.SPEAKER_INCONSISTENT: "More than one voice is heard. Record alone, in a quiet room, with one person speaking from start to end.",
    Reason.CHALLENGE_NOT_CONSUMED: "The recording does not answer an open challenge. Ask for a new challenge and record again.",
    Reason.CHALLENGE_LATE: "The answer came after the challenge had expired. Ask for a new challenge and record at once.",
    Reason.CHALLENGE_WRONG: "The challenge words were not all spoken as shown, in order, and nothing else. Ask for a new challenge and read it word by word.",
    Reason.STATEMENT_NOT_SPOKEN: "The consent statement was not spoken as shown. Read the whole statement aloud, word for word, before the challenge words.",
    Reason.TEXT_NOT_SPOKEN: "The sentence was not spoken as shown. Read it aloud again, word for word.",
    Reason.SPEECH_TOO_SHORT: "There is too little speech to judge. Speak for longer, without long pauses.",
    Reason.RECORDING_NOISY: "There is too much noise. Record in a quiet room, closer to the microphone.",
    Reason.RECORDING_CLIPPED: "The recording is distorted because it was too loud. Lower the input level or move back a little.",
    Reason.TAKES_TOO_FEW: "There are too few accepted readings. Record more sentences and submit again.",
    Reason.TAKES_UNCHECKED: "Some readings are still being checked. Wait until all are done and submit again.",
    Reason.REVIEW_INCOMPLETE: "Two different reviewers must approve this consent. Wait for their decision.",
    Reason.VOICE_UNKNOWN: "There is no such voice. Check the voice id.",
    Reason.VOICE_ERASED: "This voice was erased. Nothing of it can be used again.",
    Reason.VOICE_REVOKED: "The owner has revoked this voice. Stop using it; ask the owner for a new voice if needed.",
    Reason.CONSENT_WITHDRAWN: "The owner has withdrawn the consent. Stop using this voice.",
    Reason.CONSENT_MISSING: "There is no valid consent for this voice. The owner must give a spoken consent first.",
    Reason.CONSENT_EXPIRED: "The owner's consent has expired. Ask the owner to renew it.",
    Reason.WORLD_MISMATCH: "Live and sandbox do not mix. Use a key, voice and grant of the same world.",
    Reason.GRANT_MISSING: "There is no grant for this voice. Ask the owner for one.",
    Reason.GRANT_REVOKED: "The owner has revoked this grant. Stop using the voice, or ask for a new grant.",
    Reason.GRANT_NOT_ACTIVE: "The owner has not approved this grant yet. Wait for the approval.",
    Reason.GRANT_NOT_YET_VALID: "This grant is not valid yet. Wait until its start date.",
    Reason.GRANT_EXPIRED: "This grant has expired. Ask the owner to renew it.",
    Reason.GRANT_EXHAUSTED: "All characters of this grant are used. Ask the owner for a new one.",
    Reason.VOICE_SUSPENDED: "The owner has suspended this voice. Wait until it is resumed, or ask the owner.",
    Reason.VOICE_NOT_READY: "This voice has not been trained yet. Finish the enrolment first.",
    Reason.PURPOSE_NOT_CONSENTED: "The owner's consent does not cover this purpose. Use a purpose that it covers.",
    Reason.LANGUAGE_NOT_CONSENTED: "The owner's consent does not cover this language. Use a language that it covers.",
    Reason.PURPOSE_NOT_GRANTED: "The grant does not cover this purpose. Use a granted purpose, or ask the owner for a wider grant.",
    Reason.LANGUAGE_NOT_GRANTED: "The grant does not cover this language. Use a granted language, or ask the owner for a wider grant.",
    Reason.FORMAT_NOT_GRANTED: "The grant does not cover this audio format. Use a granted format, or ask the owner for a wider grant.",
    Reason.QUOTA_EXHAUSTED: "The text is longer than what is left of the grant's quota. Shorten it, or ask the owner for a new grant.",
    Reason.ENROLMENT_NOT_QUEUED: "This enrolment is not waiting for training. Submit it first, or start a new one.",
    Reason.WATERMARK_MISSING: "The watermark was not found in the finished audio, so it was deleted. Try again, with a longer text if it was very short.",
    Reason.WATERMARK_WRONG: "The finished audio carries another clip's watermark, so it was deleted. Try again.",
    Reason.FORMAT_WRONG: "The finished audio is not in the format that was asked for, so it was deleted. Try again.",
    Reason.EVIDENCE_MISSING: "A check has not given a result, so nothing can be allowed. Try again later.",
}

_WEIGHT = {reason: place for place, reason in enumerate(Reason)}


def by_weight(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Each once, heaviest first."""
    return tuple(sorted(set(reasons), key=_WEIGHT.__getitem__))


def refuse(reasons: Iterable[Reason], detail: str | None = None) -> Refusal:
    """The refusal that names all ``reasons``; ``detail`` (English, from a check) is put after the heaviest one's sentence."""
    ordered = by_weight(reasons)
    sentence = ordered[0].sentence if detail is None else f"{ordered[0].sentence} ({detail})"
    return Refusal(str(ordered[0]), sentence, tuple(str(reason) for reason in ordered))
