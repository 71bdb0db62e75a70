"""The gate's reasons in the reader's language. English is the gate's own; a test keeps the two in step."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from safeguards.gate import Reason

SENTENCES: Mapping[str, Promise] = {
    Reason.RECORDING_WATERMARKED: _(
        "This recording carries our watermark: it was generated here. Record yourself speaking, in one go, with a microphone."
    ),
    Reason.VOICE_PROTECTED: _(
        "This voice is on the list of protected voices and cannot be enrolled. If it is yours, ask the operator to take it off."
    ),
    Reason.SPEECH_SYNTHETIC: _(
        "This recording sounds like synthetic speech. Speak yourself, directly into a microphone, without voice effects."
    ),
    Reason.SPEECH_REPLAYED: _(
        "This recording sounds as if it was played from a loudspeaker. Speak directly into the microphone."
    ),
    Reason.RECORDING_SPLICED: _(
        "This recording seems to be put together from pieces. Record it in one go, without cutting or pausing the recording."
    ),
    Reason.RECORDING_DUPLICATE: _("This recording, or part of it, was already used here. Make a new recording."),
    Reason.VOICE_ALREADY_ENROLLED: _(
        "This voice is already enrolled by another account. If it is yours, use that account or ask the operator for a review."
    ),
    Reason.SPEAKER_MISMATCH: _(
        "The voice is not the one that gave the consent. The same person must speak in every recording."
    ),
    Reason.SPEAKER_INCONSISTENT: _(
        "More than one voice is heard. Record alone, in a quiet room, with one person speaking from start to end."
    ),
    Reason.CHALLENGE_NOT_CONSUMED: _(
        "The recording does not answer an open challenge. Ask for a new challenge and record again."
    ),
    Reason.CHALLENGE_LATE: _(
        "The answer came after the challenge had expired. Ask for a new challenge and record at once."
    ),
    Reason.CHALLENGE_WRONG: _(
        "The challenge words were not all spoken as shown, in order, and nothing else. Ask for a new challenge and read it word by word."
    ),
    Reason.STATEMENT_NOT_SPOKEN: _(
        "The consent statement was not spoken as shown. Read the whole statement aloud, word for word, before the challenge words."
    ),
    Reason.TEXT_NOT_SPOKEN: _("The sentence was not spoken as shown. Read it aloud again, word for word."),
    Reason.SPEECH_TOO_SHORT: _("There is too little speech to judge. Speak for longer, without long pauses."),
    Reason.RECORDING_NOISY: _("There is too much noise. Record in a quiet room, closer to the microphone."),
    Reason.RECORDING_CLIPPED: _(
        "The recording is distorted because it was too loud. Lower the input level or move back a little."
    ),
    Reason.TAKES_TOO_FEW: _("There are too few accepted readings. Record more sentences and submit again."),
    Reason.TAKES_UNCHECKED: _("Some readings are still being checked. Wait until all are done and submit again."),
    Reason.REVIEW_INCOMPLETE: _("Two different reviewers must approve this consent. Wait for their decision."),
    Reason.VOICE_UNKNOWN: _("There is no such voice. Check the voice id."),
    Reason.VOICE_ERASED: _("This voice was erased. Nothing of it can be used again."),
    Reason.VOICE_REVOKED: _(
        "The owner has revoked this voice. Stop using it; ask the owner for a new voice if needed."
    ),
    Reason.CONSENT_WITHDRAWN: _("The owner has withdrawn the consent. Stop using this voice."),
    Reason.CONSENT_MISSING: _("There is no valid consent for this voice. The owner must give a spoken consent first."),
    Reason.CONSENT_EXPIRED: _("The owner's consent has expired. Ask the owner to renew it."),
    Reason.WORLD_MISMATCH: _("Live and sandbox do not mix. Use a key, voice and grant of the same world."),
    Reason.GRANT_MISSING: _("There is no grant for this voice. Ask the owner for one."),
    Reason.GRANT_REVOKED: _("The owner has revoked this grant. Stop using the voice, or ask for a new grant."),
    Reason.GRANT_NOT_ACTIVE: _("The owner has not approved this grant yet. Wait for the approval."),
    Reason.GRANT_NOT_YET_VALID: _("This grant is not valid yet. Wait until its start date."),
    Reason.GRANT_EXPIRED: _("This grant has expired. Ask the owner to renew it."),
    Reason.GRANT_EXHAUSTED: _("All characters of this grant are used. Ask the owner for a new one."),
    Reason.VOICE_SUSPENDED: _("The owner has suspended this voice. Wait until it is resumed, or ask the owner."),
    Reason.VOICE_NOT_READY: _("This voice has not been trained yet. Finish the enrolment first."),
    Reason.PURPOSE_NOT_CONSENTED: _("The owner's consent does not cover this purpose. Use a purpose that it covers."),
    Reason.LANGUAGE_NOT_CONSENTED: _(
        "The owner's consent does not cover this language. Use a language that it covers."
    ),
    Reason.PURPOSE_NOT_GRANTED: _(
        "The grant does not cover this purpose. Use a granted purpose, or ask the owner for a wider grant."
    ),
    Reason.LANGUAGE_NOT_GRANTED: _(
        "The grant does not cover this language. Use a granted language, or ask the owner for a wider grant."
    ),
    Reason.FORMAT_NOT_GRANTED: _(
        "The grant does not cover this audio format. Use a granted format, or ask the owner for a wider grant."
    ),
    Reason.QUOTA_EXHAUSTED: _(
        "The text is longer than what is left of the grant's quota. Shorten it, or ask the owner for a new grant."
    ),
    Reason.ENROLMENT_NOT_QUEUED: _("This enrolment is not waiting for training. Submit it first, or start a new one."),
    Reason.WATERMARK_MISSING: _(
        "The watermark was not found in the finished audio, so it was deleted. Try again, with a longer text if it was very short."
    ),
    Reason.WATERMARK_WRONG: _("The finished audio carries another clip's watermark, so it was deleted. Try again."),
    Reason.FORMAT_WRONG: _("The finished audio is not in the format that was asked for, so it was deleted. Try again."),
    Reason.EVIDENCE_MISSING: _("A check has not given a result, so nothing can be allowed. Try again later."),
}


def in_words(code: str, fallback: str = "") -> str:
    """What the person is told of a reason code; ``fallback`` for codes that are not the gate's."""
    found = SENTENCES.get(code)
    return fallback if found is None else str(found)
