"""Consent -> enrolment -> training -> grant -> synthesis -> verification -> revocation, as any client of the API would do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from vivavoce.demo.client import Client, Problem
from vivavoce.demo.people import Cast
from vivavoce.demo.transcript import StoryFailedError, Transcript

PURPOSE = "assistant"
TEXT = "Good morning. This voice belongs to somebody, and that person said yes, aloud, just now."
TAKES = 16
TRIES = 3
AGAIN = {"challenge_wrong", "recording_spliced"}  # what another reading may mend
# Long enough for a machine that does much else; on an idle one each takes a fraction.
CHECK_SECONDS = 300.0
TRAIN_SECONDS = 900.0
RENDER_SECONDS = 300.0

Speak = Callable[[str], bytes]
"""Text to a recording of the owner saying it: the sandbox person, or a real person's files."""
Record = Callable[[str, Sequence[str]], bytes]
"""Statement and challenge words to the recording that answers them."""
_ENDED = {"released", "refused", "failed", "cancelled_revoked"}


@dataclass(frozen=True)
class Owned:
    """What the first half of the story leaves: a voice, its consent, and what became of that."""

    voice_id: str
    consent_id: str
    verdict: dict[str, Any]


@dataclass(frozen=True)
class Spoken:
    """A released clip: its record and its bytes."""

    clip: dict[str, Any]
    data: bytes


def synthesise(
    app: Client, voice_id: str, text: str, *, purpose: str = "", encoding: str = "wav", speed: float = 1.0
) -> Spoken:
    """Ask, wait, download.

    Raises:
        StoryFailedError: when no clip comes of it.
    """
    asked = app.post(
        "/v1/synthesis",
        {"voice_id": voice_id, "text": text, "purpose": purpose, "format": encoding, "speed": speed, "seed": 7},
    )
    done = app.wait(f"/v1/synthesis/{asked['id']}", lambda answer: answer["state"] in _ENDED, seconds=RENDER_SECONDS)
    if done["state"] != "released":
        raise StoryFailedError(f"the request ended {done['state']}: {done['refusal']}")
    return Spoken(done["clip"], app.download(done["clip"]["url"]))


def sandbox_person(app: Client) -> Speak:
    """The sandbox's actor: its clips are the synthetic owner's recordings."""
    actor = next(voice for voice in app.get("/v1/voices")["items"] if voice["is_actor"])
    return lambda text: synthesise(app, actor["id"], text, speed=0.9).data


def voice_of(owner: Client, name: str, label: str) -> str:
    """An owner profile and a voice that waits for its consent; returns the voice's id."""
    profile = owner.post("/v1/owners", {"name": name, "language": "en"})
    voice_id: str = owner.post("/v1/voices", {"owner_id": profile["id"], "label": label})["id"]
    return voice_id


def consent_once(
    story: Transcript, owner: Client, voice_id: str, record: Record, sentences: Sequence[str] | None = None
) -> Owned:
    """Statement, challenge, recording; waits for the verdict."""
    drafted = owner.post(
        "/v1/consents", {"voice_id": voice_id, "purposes": [PURPOSE, "narration"], "languages": ["en"]}
    )
    story.note(f"statement: {drafted['statement']}")
    asked: dict[str, Any] = {"consent_id": drafted["id"]}
    if sentences is not None:
        asked["sentences"] = list(sentences)
    challenge = owner.post("/v1/challenges", asked)
    story.note(f"challenge of this minute: {' / '.join(challenge['words'])}")
    recording = record(drafted["statement"], challenge["words"])
    path = f"/v1/consents/{drafted['id']}"
    owner.upload(f"{path}/recording", recording, challenge_id=challenge["id"])
    verdict = owner.wait(path, lambda answer: answer["state"] not in {"submitted", "verifying"}, seconds=CHECK_SECONDS)
    return Owned(voice_id, drafted["id"], verdict)


def consent(
    story: Transcript, owner: Client, voice_id: str, record: Record, sentences: Sequence[str] | None = None
) -> Owned:
    """As a person would: who misread a word reads a new challenge, up to three times. Any other refusal stands."""
    for attempt in range(TRIES):
        owned = consent_once(story, owner, voice_id, record, sentences)
        refused = owned.verdict["refusal"]
        if refused is None or refused["code"] not in AGAIN or attempt == TRIES - 1:
            return owned
        story.note(f"not accepted, another try: {refused['detail']}")
    raise AssertionError("unreachable: the last attempt returns")


def explain(story: Transcript, verdict: dict[str, Any]) -> None:
    """When a consent is not active: what was said, and the scores it rests on."""
    if verdict["state"] == "active":
        return
    story.note(f"{verdict['refusal']}")
    found = (verdict["evidence"] or {}).get("evidence", {})
    for name in ("liveness", "consistency", "quality", "duplicate", "identity", "speaker"):
        story.note(f"{name}: {found.get(name)}")


def enrol(story: Transcript, owner: Client, voice_id: str, readings: Sequence[tuple[str, bytes]]) -> dict[str, Any]:
    """Send the readings, wait for their checks, submit, wait for the training."""
    enrolment = owner.post("/v1/enrolments", {"voice_id": voice_id})
    path = f"/v1/enrolments/{enrolment['id']}"
    for text, data in readings:
        owner.upload(f"{path}/takes", data, transcript=text)
    owner.wait(
        f"{path}/takes?limit=200",
        lambda answer: all(take["state"] != "checking" for take in answer["items"]),
        seconds=CHECK_SECONDS,
    )
    takes = owner.get(f"{path}/takes?limit=200")["items"]
    accepted = [take for take in takes if take["state"] == "accepted"]
    story.note(f"{len(accepted)} of {len(takes)} readings accepted, {sum(take['seconds'] for take in accepted):.0f} s")
    for take in takes:
        if take["state"] == "rejected":
            story.note(f"not accepted: “{take['transcript']}” ({take['refusal']['code']})")
    owner.post(f"{path}/submit")
    told: list[str] = []

    def tell(answer: dict[str, Any]) -> None:
        training = answer.get("training") or {}
        line = f"{answer['state']} {training.get('note', '')} {round(10 * training.get('share', 0)) * 10} %".strip()
        if line not in told:
            told.append(line)
            story.note(line)

    return owner.wait(
        path,
        lambda answer: answer["state"] in {"ready", "failed", "aborted", "collecting"},
        seconds=TRAIN_SECONDS,
        tell=tell,
    )


def grant(app: Client, owner: Client, voice_id: str) -> dict[str, Any]:
    """The app asks; the owner, and nobody else, approves."""
    asked = app.post(
        "/v1/grants",
        {
            "voice_id": voice_id,
            "purposes": [PURPOSE],
            "languages": ["en"],
            "formats": ["wav", "mp3"],
            "quota_characters": 2000,
            "expires_at": (datetime.now(UTC) + timedelta(days=30)).isoformat(),
            "message": "Our assistant would like to speak in your voice.",
        },
    )
    return owner.post(f"/v1/grants/{asked['id']}/approve")


def refusal_of(call: Callable[[], object]) -> Problem:
    """The problem that a call must end in.

    Raises:
        StoryFailedError: when it succeeds.
    """
    try:
        call()
    except Problem as problem:
        return problem
    raise StoryFailedError("a call that had to be refused went through")


def live_world_refuses(story: Transcript, cast: Cast, speak: Speak) -> None:
    """The same synthetic person, with marked speech, tries to consent as a living one."""
    voice_id = voice_of(cast.owner_live, "Alex Example", "Not a person")
    attempt = consent_once(
        story, cast.owner_live, voice_id, lambda statement, words: speak(f"{statement} {'. '.join(words)}.")
    )
    verdict = attempt.verdict
    story.expect(verdict["state"] == "rejected", f"the live world does not accept it: {verdict['state']}")
    refused = verdict["refusal"]
    story.note(f"code {refused['code']}: {refused['detail']}")
    found = verdict["evidence"]["evidence"]
    story.note(f"what the checks found: synthetic with p = {found['liveness']['p_synthetic']:.2f}")
    story.note(f"our own watermark with log10 p = {found['watermark']['evidence']['log10_p']:.0f}")
