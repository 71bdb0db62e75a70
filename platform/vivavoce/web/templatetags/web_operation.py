"""What operators and auditors read: codes of checks, thresholds, queues and errors as sentences, numbers as people write them."""

from __future__ import annotations

import math

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from safeguards.measured import Measure
from vivavoce.operations.health import Check
from vivavoce.web.templatetags.web_report import local
from vivavoce.web.templatetags.web_words import words

register = template.Library()
_THRESHOLDS: dict[str, str | Promise] = {
    "statement": _("The statement was spoken (mean log-likelihood ratio per phone)"),
    "same_person": _("Same person as before (false-accept rate of a threshold set at the score)"),
    "one_speaker": _("One speaker throughout (log-likelihood ratio of the worst window)"),
    "synthetic": _("Synthetic speech (probability)"),
    "replay": _("Played from a loudspeaker (probability)"),
    "splice": _("Put together from pieces (probability)"),
    "other_account": _("Already enrolled by another account (log-likelihood ratio)"),
    "protected": _("A protected voice (log-likelihood ratio)"),
    "duplicate": _("Recording used before (likeness)"),
    "net_speech": _("Speech without pauses"),
    "noise": _("Distance to the background noise"),
    "clipping": _("Clipped samples"),
}
_WHAT: dict[str, str | Promise] = {
    "true_refused": _("true reading refused, one try"),
    "three_refused": _("true reading refused, three tries"),
    "changed_accepted": _("changed word accepted"),
    "extra_accepted": _("extra word accepted"),
    "same_refused": _("same person refused at one false accept in a thousand"),
    "two_speakers_missed": _("two speakers passed as one"),
    "one_speaker_flagged": _("one speaker taken for two"),
    "human_called_synthetic": _("person called synthetic"),
    "machine_not_called": _("machine not called synthetic"),
    "eer": _("equal error rate"),
    "splice_missed": _("splice not noticed"),
    "live_stopped": _("living person taken for a loudspeaker, 4 s"),
    "whole_flagged": _("whole recording taken for a splice"),
}
_WHERE: dict[str, str | Promise] = {
    "any": "",
    "clean": _("clean"),
    "noise_15": _("noise at 15 dB"),
    "s5_clean": _("5 s, clean"),
    "s5_noise_15": _("5 s, noise at 15 dB"),
    "s5_telephone": _("5 s, telephone"),
    "s2_clean": _("2 s, clean"),
    "s2_noise_15": _("2 s, noise at 15 dB"),
    "s2_telephone": _("2 s, telephone"),
    "telephone": _("telephone"),
    "untouched": _("untouched"),
    "journey": _("after room, noise and codec"),
    "phone": _("phone"),
    "laptop": _("laptop"),
    "bluetooth": _("Bluetooth loudspeaker"),
    "smart_speaker": _("smart speaker"),
    "television": _("television"),
    "headphones": _("headphones"),
    "phone_left_out": _("phone, left out of training"),
    "laptop_left_out": _("laptop, left out of training"),
    "tablet_left_out": _("tablet, left out of training"),
    "bluetooth_left_out": _("Bluetooth loudspeaker, left out of training"),
    "hifi": _("hi-fi"),
    "tablet": _("tablet"),
    "unseen_channels": _("ways of sound never met in training"),
    "families_left_out_untouched": _("kinds of systems never met in training"),
    "families_left_out_journey": _("kinds of systems never met in training, after room, noise and codec"),
    "as_kept": _("as kept"),
    "captured_live": _("captured live"),
    "silence_between": _("silence between words"),
    "noise_between": _("noise between words"),
    "no_gap": _("no gap between words"),
}
_QUEUES: dict[str, str | Promise] = {
    "analysis": _("Checks of recordings"),
    "protection": _("Voices to protect"),
    "training": _("Training"),
    "render": _("Rendering"),
    "egress": _("Marking and release"),
    "verification": _("Questions about clips"),
    "webhook": _("Webhooks"),
}
_CODES: dict[str, str | Promise] = {
    "pending": _("waits"),
    "leased": _("runs"),
    "too_long": _("longer than ten minutes"),
    "too_short": _("too short to be judged"),
    "too_large": _("larger than allowed"),
    "empty": _("empty"),
    "upload_empty": _("empty"),
    "upload_too_large": _("larger than allowed"),
    "undecodable": _("not readable as sound"),
    "unsupported_format": _("not a sound format that is known here"),
    "decode_timeout": _("decoding took too long"),
    "too_many_channels": _("too many channels"),
    "bad_rate": _("an impossible sample rate"),
    "not_finite": _("samples that are no numbers"),
    "speech_too_short": _("less than five seconds of speech"),
    "upload_gone": _("the upload is gone"),
    "analysis_failed": _("the analysis failed on our side"),
    "worker_died_repeatedly": _("begun several times and never finished"),
    "synthetic": _("synthetic"),
    "bona_fide_like": _("like recorded speech"),
    "speech_synthetic": _("may be synthetic"),
    "speech_replayed": _("may come from a loudspeaker"),
    "recording_spliced": _("may be put together from pieces"),
    "recording_noisy": _("noisy"),
    "recording_duplicate": _("resembles an earlier recording"),
    "speaker_mismatch": _("may be another person"),
    "speaker_inconsistent": _("may be more than one speaker"),
    "statement_not_spoken": _("statement not clearly spoken"),
    "voice_already_enrolled": _("resembles a voice of another account"),
    "voice_protected": _("resembles a protected voice"),
    "recording_watermarked": _("carries a mark of ours"),
    "recording_clipped": _("too loud: the sound breaks"),
    "challenge_wrong": _("challenge words not spoken as shown"),
    "challenge_late": _("answered too late"),
    "text_not_spoken": _("another text was spoken"),
    "takes_too_few": _("too few readings"),
    "review_incomplete": _("a second judgement is missing"),
    "review_rejected": _("refused by a reviewer"),
    "consent_withdrawn": _("consent withdrawn"),
    "consent_expired": _("consent expired"),
    "consent_missing": _("no consent"),
    "grant_missing": _("no grant"),
    "grant_revoked": _("grant revoked"),
    "grant_expired": _("grant expired"),
    "quota_exhausted": _("quota used up"),
    "voice_suspended": _("voice paused"),
    "voice_revoked": _("voice revoked"),
    "voice_erased": _("voice erased"),
    "watermark_missing": _("mark not found after encoding"),
    "status_not_2xx": _("the server refused"),
}
_RETENTION: dict[str, str | Promise] = {
    "recordings": _("Recordings of consents that ended, of refused readings, and of enrolments that came to nothing"),
    "voices_revoked": _("Voices whose consent expired and was not renewed are revoked"),
    "voices_emptied": _("Sound, models and templates of revoked voices"),
    "challenges": _("Words of ended challenges"),
}
_UNITS = {"seconds": "s", "decibels": "dB"}


@register.filter
def threshold_name(code: str) -> str:
    """A score of the gate by its name."""
    return str(_THRESHOLDS.get(code, code))


@register.filter
def code_in_words(code: str) -> str:
    """A job's state or error, or a reason of the gate, in a few words."""
    return str(_CODES[code]) if code in _CODES else words(code)


@register.filter
def queue_name(kind: str) -> str:
    """A kind of work."""
    return str(_QUEUES.get(kind, kind))


@register.filter
def retention_rule(name: str) -> str:
    """What a rule erases."""
    return str(_RETENTION.get(name, name))


@register.filter
def as_form(value: float | None, form: str) -> str:
    """A score the way its kind is written; a dash where there is none."""
    if value is None:
        return "–"
    if form == "rate":
        return local(f"{100 * value:.2g} %")
    if form in _UNITS:
        return local(f"{value:.1f} {_UNITS[form]}")
    return local(f"{value:.2f}".replace("-", "−"))


@register.filter
def chance_bound(llr: float) -> str:
    """How often a stranger exceeds a calibrated log-likelihood ratio, at most."""
    return local(f"{100 * math.exp(-llr):.2g} %")


@register.filter
def measure_name(measure: Measure) -> str:
    """Which error, under which condition."""
    what, where = str(_WHAT.get(measure.what, measure.what)), str(_WHERE.get(measure.where, measure.where))
    return f"{what} ({where})" if where else what


@register.filter
def measure_rate(measure: Measure) -> str:
    """The rate with its interval and the number of trials."""
    counted = f"n = {measure.n}" if measure.errors is None else f"{measure.errors}/{measure.n}"
    low, high = local(f"{100 * measure.low:.1f}"), local(f"{100 * measure.high:.1f}")
    return f"{local(f'{100 * measure.rate:.2g}')} % [{low} – {high}], {counted}"


@register.filter
def duration(seconds: float) -> str:
    """A length of time in the largest unit that leaves a whole number of some size."""
    whole = abs(seconds)
    sign = "−" if seconds < -0.5 else ""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if whole >= 2 * size:
            return f"{sign}{whole / size:.0f} {unit}"
    return f"{sign}{whole:.0f} s"


@register.filter
def check_name(check: Check) -> str:
    """What was looked at."""
    return {
        "log_signed": gettext("The log is signed in time"),
        "log_guarded": gettext("The database refuses to change the log"),
        "log_key": gettext("The log's signing key is at hand"),
        "queues": gettext("Work is taken in time"),
        "webhooks": gettext("Webhooks arrive"),
    }.get(check.name, check.name)


@register.filter
def check_detail(check: Check) -> str:
    """What was found."""
    values = check.values
    if check.name == "log_signed":
        return gettext("Entries: %(entries)s, not signed yet: %(unsigned)s") % values
    if check.name == "log_guarded":
        return (
            gettext("All triggers are in place")
            if not values["missing"]
            else gettext("Missing triggers: %(missing)s") % values
        )
    if check.name == "log_key":
        return _key_detail(check)
    if check.name == "queues":
        return gettext("Waiting: %(waiting)s, the oldest for %(oldest)s s; leases that ran out: %(overdue)s") % values
    return gettext("Failing endpoints: %(failing)s") % values


def _key_detail(check: Check) -> str:
    if check.level == "warn":
        return gettext("This process holds no signing key; another one signs")
    if check.level == "bad":
        return gettext("Key %(key)s signs the log and is not configured here") % check.values
    return gettext("Key %(key)s") % check.values if check.values["key"] else gettext("Nothing has been signed yet")
