"""``vivavoce clips picture``: what the mark changes, drawn."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any

from vivavoce.cli.output import Failed, Result


def register(commands: Any) -> None:
    """Add the subcommand."""
    group = commands.add_parser("clips", help="look at clips of the sandbox")
    actions = group.add_subparsers(dest="action", required=True, metavar="ACTION")
    text = "draw a sandbox clip with and without its mark"
    parser = actions.add_parser("picture", help=text, description=text)
    parser.add_argument("clip")
    parser.add_argument("--out", type=Path, required=True, help="PNG file")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=picture)


def picture(options: argparse.Namespace) -> Result:
    """Renders the text again in this process, which therefore loads the engine."""
    from synthesis.models import Clip
    from voices.states import World

    clip = Clip.objects.select_related("request").filter(pk=options.clip, world=World.SANDBOX).first()
    if clip is None:
        raise Failed("there is no such clip in the sandbox")
    pictures = import_module("synthesis.pictures")
    png = pictures.mark_picture(clip_id=clip.pk, organisation_id=clip.request.organisation_id, world=clip.world)
    options.out.write_bytes(png)
    return Result({"picture": str(options.out)}, [f"drawn into {options.out}"])
