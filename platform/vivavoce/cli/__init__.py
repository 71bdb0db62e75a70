"""The ``vivavoce`` command. Each subcommand parses, calls one function, prints one result.

Exit status: 0 done (or: verified), 1 the answer is no (not verified, not detected, refused), 2 the command itself was wrong or could not work.
"""

from vivavoce.cli.program import main

__all__ = ["main"]
