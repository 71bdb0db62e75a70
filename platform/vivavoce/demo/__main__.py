"""``python -m vivavoce.demo --output DIR [--recordings DIR]``: the story, on real parts, ending in 0 or saying what failed."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from vivavoce.demo import log_check, story
from vivavoce.demo.client import Client, Problem
from vivavoce.demo.people import Cast, assemble
from vivavoce.demo.pictures import read_manifest, spectrogram
from vivavoce.demo.report import page
from vivavoce.demo.server import Server, running
from vivavoce.demo.transcript import StoryFailedError, Transcript


def main() -> int:
    """Run the story; 0 when every fact held."""
    parser = argparse.ArgumentParser(prog="vivavoce.demo", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("demo-output"))
    parser.add_argument("--recordings", type=Path, help="folder with a real person's wav/flac files and transcripts")
    arguments = parser.parse_args()
    output: Path = arguments.output.resolve()
    home = output / ".home"
    shutil.rmtree(home, ignore_errors=True)
    output.mkdir(parents=True, exist_ok=True)
    told = Transcript(output / "transcript.txt")
    live = arguments.recordings is not None
    try:
        told.heading("Vivavoce: from a spoken consent to a verifiable clip")
        with running(home, **({"VIVAVOCE_CHALLENGE_FROM_SENTENCES": "true"} if live else {})) as server:
            cast = assemble(server)
            if live:
                from vivavoce.demo.living import live_story

                live_story(told, cast, arguments.recordings, output)
            else:
                _sandbox_story(told, cast, server, output)
            log_check.check_log(told, server, output)
    except (StoryFailedError, Problem) as error:
        told.note(f"FAILED: {error}")
        return 1
    told.heading("Done")
    told.note(f"everything is in {arguments.output}/")
    shutil.rmtree(home, ignore_errors=True)
    return 0


def _sandbox_story(told: Transcript, cast: Cast, server: Server, output: Path) -> None:
    speak = story.sandbox_person(cast.app)
    told.heading("A synthetic person gives a simulated consent")
    with told.step("The owner reads the statement and a random challenge"):
        voice_id = story.voice_of(cast.owner, "Alex Example", "Alex")
        owned = story.consent(
            told, cast.owner, voice_id, lambda statement, words: speak(f"{statement} {'. '.join(words)}.")
        )
        verdict = owned.verdict
        story.explain(told, verdict)
        told.expect(verdict["state"] == "active" and verdict["simulated"], f"consent is {verdict['state']}, simulated")
    with told.step("The owner reads known sentences; a voice model is trained"):
        enrolment = cast.owner.post("/v1/enrolments", {"voice_id": owned.voice_id})
        prompts = cast.owner.get(f"/v1/enrolments/{enrolment['id']}/prompts")["prompts"][: story.TAKES]
        cast.owner.post(f"/v1/enrolments/{enrolment['id']}/abort")
        readings = [(prompt, speak(prompt)) for prompt in prompts]
        trained = story.enrol(told, cast.owner, owned.voice_id, readings)
        told.expect(trained["state"] == "ready", f"enrolment is {trained['state']} {trained['problem']}".strip())
    with told.step("The same synthetic recording is tried in the live world"):
        story.live_world_refuses(told, cast, speak)
    told.heading("An app uses the voice")
    _use(told, cast, server, owned, output)
    told.heading("The owner changes their mind")
    revoke(told, cast.owner, cast.app, owned)


def _use(told: Transcript, cast: Cast, server: Server, owned: story.Owned, output: Path) -> None:
    with told.step("Without a grant the app gets nothing"):
        problem = story.refusal_of(
            lambda: story.synthesise(cast.app, owned.voice_id, story.TEXT, purpose=story.PURPOSE)
        )
        told.expect(problem.status in {403, 404}, f"{problem.status} {problem.code}")
    clip_ids = speak_in_voice(told, cast.app, cast.owner, owned, output)
    with told.step("The mark is drawn: the same clip with it and without it"):
        server.command(
            "clips", "picture", clip_ids["wav"], "--out", str(output / "spectrogram-with-and-without-mark.png")
        )
    verify(told, cast.auditor, cast.public, output)


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


if __name__ == "__main__":
    sys.exit(main())
