"""Results of single steps kept in a file of JSON lines, so that a run that is stopped goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Kept:
    """Results by name, appended to ``path`` as they come; in memory alone without one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._results: dict[str, Any] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._results.update(json.loads(line))

    def __contains__(self, name: str) -> bool:
        return name in self._results

    def __getitem__(self, name: str) -> Any:
        return self._results[name]

    def put(self, name: str, result: Any) -> None:
        """Keep a result that JSON can hold."""
        self._results[name] = result
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as handle:
                handle.write(json.dumps({name: result}) + "\n")
