"""Lines to copy: the same request by curl, Python and JavaScript. Values are quoted for each, so that no text breaks out of its line."""

from __future__ import annotations

import json
import shlex
from typing import NamedTuple


class Example(NamedTuple):
    """One way to do it."""

    id: str
    title: str
    code: str


def first_steps(*, base: str, world: str) -> list[Example]:
    """For an organisation that has not spoken yet: the list of its voices."""
    key = "vv_test_…" if world == "sandbox" else "vv_live_…"
    curl = f'export VIVAVOCE_KEY={key}\ncurl {base}/v1/voices -H "Authorization: Bearer $VIVAVOCE_KEY"'
    python = (
        f'import os, httpx\n\nkey = os.environ["VIVAVOCE_KEY"]\n'
        f'answer = httpx.get("{base}/v1/voices", headers={{"Authorization": f"Bearer {{key}}"}})\n'
        "print(answer.raise_for_status().json())"
    )
    script = (
        f'const answer = await fetch("{base}/v1/voices", {{\n'
        "  headers: { Authorization: `Bearer ${process.env.VIVAVOCE_KEY}` },\n});\nconsole.log(await answer.json());"
    )
    return [Example("curl", "curl", curl), Example("python", "Python", python), Example("js", "JavaScript", script)]


def speech(*, base: str, body: dict[str, object]) -> list[Example]:
    """One utterance, streamed to a file.

    Args:
        base: address of the platform.
        body: of ``POST /v1/audio/speech``.
    """
    name = f"speech.{body.get('response_format', 'mp3')}"
    text = json.dumps(body, ensure_ascii=False)
    curl = (
        f"curl {base}/v1/audio/speech \\\n"
        '  -H "Authorization: Bearer $VIVAVOCE_KEY" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d {shlex.quote(text)} -o {name}"
    )
    own = {key: body[key] for key in ("purpose", "language", "seed") if key in body}
    stock = {key: value for key, value in body.items() if key not in own and key != "stream_format"}
    arguments = "".join(f"    {key}={value!r},\n" for key, value in stock.items())
    python = (
        "import os\nfrom openai import OpenAI\n\n"
        f'client = OpenAI(base_url="{base}/v1", api_key=os.environ["VIVAVOCE_KEY"])\n'
        "with client.audio.speech.with_streaming_response.create(\n"
        f"{arguments}    extra_body={own!r},\n"
        f') as answer:\n    answer.stream_to_file("{name}")'
    )
    script = (
        f'const answer = await fetch("{base}/v1/audio/speech", {{\n'
        '  method: "POST",\n'
        '  headers: { Authorization: `Bearer ${process.env.VIVAVOCE_KEY}`, "Content-Type": "application/json" },\n'
        f"  body: JSON.stringify({text}),\n"
        "});\nconst sound = await answer.arrayBuffer();"
    )
    return [Example("curl", "curl", curl), Example("python", "Python", python), Example("js", "JavaScript", script)]
