"""The ``vivavoce`` command. Each subcommand parses, calls one function, prints one result."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the console script."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vivavoce.settings")
    if argv[:1] == ["django"]:
        from django.core.management import execute_from_command_line

        execute_from_command_line(["vivavoce", *argv[1:]])
        return
    sys.exit("usage: vivavoce django <command> …")
