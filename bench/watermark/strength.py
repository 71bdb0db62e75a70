"""Audibility against strength: the same embedder at other gain caps."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

from bench.watermark.quality_table import quality_table
from safeguards.watermark import masking

GAINS_DB = (2.0, masking.MAX_GAIN_DB, 3.6, 5.0)


def strength_table(folder: Path, split: str, seconds: float, count: int) -> list[dict[str, Any]]:
    """Quality at each largest gain."""
    rows = []
    for gain_db in GAINS_DB:
        with mock.patch.object(masking, "MAX_GAIN_DB", gain_db):
            rows.append({"gain_db": gain_db, **quality_table(folder, split, seconds, count)})
    return rows
