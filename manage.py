"""Django's commands from a checkout; the installed ``vivavoce`` command is the same program."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "platform"))

from vivavoce.cli import main

if __name__ == "__main__":
    main(["django", *sys.argv[1:]])
