"""``python -m vivavoce.demo --output DIR [--recordings DIR]``: the story, on real parts, ending in 0 or saying what failed."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from vivavoce.demo import log_check, story
from vivavoce.demo.acts import revoke, speak_in_voice, verify
from vivavoce.demo.client import Problem
from vivavoce.demo.living import live_story
from vivavoce.demo.people import Cast, assemble
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


if __name__ == "__main__":
    sys.exit(main())
