"""``python -m vivavoce.cli``."""

from vivavoce.cli.program import main

main()
