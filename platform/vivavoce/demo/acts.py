"""What happens to a voice once it is ready, in the sandbox as in the live world: it is granted, used, verified, taken back."""

from __future__ import annotations

import json
from pathlib import Path

from vivavoce.demo import story
from vivavoce.demo.client import Client
from vivavoce.demo.pictures import read_manifest, spectrogram
from vivavoce.demo.report import page
from vivavoce.demo.transcript import Transcript


def speak_in_voice(told: Transcript, app: Client, owner: Client, owned: story.Owned, output: Path) -> dict[str, str]:
    """Grant, two formats, files a person can listen to and look at. Returns the clips' ids by format."""
    clip_ids: dict[str, str] = {}
    with told.step("The app asks for a grant; the owner approves it"):
        granted = story.grant(app, owner, owned.voice_id)
        told.expect(granted["state"] == "active", f"grant is {granted['state']}")
    with told.step("The app requests speech in two formats"):
        for format_ in ("wav", "mp3"):
            spoken = story.synthesise(app, owned.voice_id, story.TEXT, purpose=story.PURPOSE, encoding=format_)
            (output / f"clip.{format_}").write_bytes(spoken.data)
            clip_ids[format_] = spoken.clip["id"]
            told.note(f"clip.{format_}: {spoken.clip['seconds']:.1f} s, log entry {spoken.clip['log_index']}")
    spectrogram((output / "clip.wav").read_bytes(), output / "spectrogram.png", title="The released clip")
    manifest = read_manifest((output / "clip.wav").read_bytes())
    (output / "manifest.json").write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    told.note(f"manifest.json: {manifest['claim_generator']}, signed by {manifest['signer']}")
    return clip_ids


def verify(told: Transcript, auditor: Client, public: Client, output: Path) -> None:
    """The auditor gets the chain, the public only the verdict."""
    data = (output / "clip.mp3").read_bytes()
    with told.step("An auditor uploads the clip"):
        report = auditor.upload("/v1/verify", data)["result"]
        told.expect(report["verdict"] == "generated_here", f"verdict: {report['verdict']}")
        (output / "report.json").write_text(json.dumps(report, indent=2), encoding="utf-8")
        (output / "report.html").write_text(page(report, title="Verification report"), encoding="utf-8")
    with told.step("Anybody uploads the clip"):
        answer = public.upload("/v1/verify", data)["result"]
        told.expect(
            answer["verdict"] == "generated_here" and "chain" not in answer, "the same verdict, and nobody is named"
        )


def revoke(told: Transcript, owner: Client, app: Client, owned: story.Owned) -> None:
    """Withdraw, and show that the same request is refused."""
    with told.step("The owner withdraws the consent"):
        ended = owner.post(f"/v1/consents/{owned.consent_id}/withdraw", {})
        told.expect(ended["state"] == "withdrawn", f"consent is {ended['state']}")
    with told.step("The same request again"):
        problem = story.refusal_of(lambda: story.synthesise(app, owned.voice_id, story.TEXT, purpose=story.PURPOSE))
        told.expect(problem.status in {403, 404, 409}, f"refused: {problem.status} {problem.code}: {problem.detail}")
    with told.step("The owner erases the voice; the log stays provable"):
        gone = owner.delete(f"/v1/voices/{owned.voice_id}")
        told.expect(gone["state"] == "erased", f"voice is {gone['state']}")
