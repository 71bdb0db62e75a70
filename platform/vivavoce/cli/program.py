"""The parser of the whole command, and its way from arguments to exit status."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from vivavoce.cli import accounts, analysis, clips, log, models, serve, upkeep, watermark
from vivavoce.cli.output import Failed, show

_GROUPS = (serve, accounts, analysis, clips, watermark, log, models, upkeep)


def parser() -> argparse.ArgumentParser:
    """All subcommands. Nothing of Django is loaded until one runs."""
    top = argparse.ArgumentParser(prog="vivavoce", description="A voice-cloning platform that can be trusted.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("django", help="run a command of Django's, such as migrate", add_help=False)
    for group in _GROUPS:
        group.register(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the console script; always leaves by ``SystemExit``, except for ``django``."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vivavoce.settings")
    if argv[:1] == ["django"]:
        from django.core.management import execute_from_command_line

        execute_from_command_line(["vivavoce", *argv[1:]])
        return
    options = parser().parse_args(argv)
    try:
        sys.exit(run(options))
    except Failed as failed:
        sys.stderr.write(f"vivavoce: {failed}\n")
        sys.exit(2)


def run(options: argparse.Namespace) -> int:
    """Set Django up, call the subcommand, print its result; returns the exit status.

    Raises:
        Failed: with a sentence for the person.
    """
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError

    try:
        django.setup()
        result = options.run(options)
    except ImproperlyConfigured as error:
        raise Failed(str(error)) from error
    except DatabaseError as error:
        raise Failed(f"the database does not answer ({error}); has 'vivavoce django migrate' been run?") from error
    except Exception as error:
        raise Failed(_sentence(error)) from error
    show(result, as_json=getattr(options, "json", False))
    status: int = result.status
    return status


def _sentence(error: Exception) -> str:
    """What the rooms raise on purpose carries a sentence for the person; anything else is a fault and keeps its traceback."""
    sentence = getattr(error, "sentence", None) or getattr(error, "detail", None)
    code = getattr(error, "code", None)
    if isinstance(error, Failed) or sentence is None or code is None:
        raise error
    return f"{sentence} ({code})"
