"""Where upstream's outputs for random weights are."""

from __future__ import annotations

import os
from pathlib import Path

SHARED = Path(os.environ.get("VIVAVOCE_SHARED", Path(__file__).parents[4] / "shared"))
FIXTURES = SHARED / "gpt_sovits" / "fixtures"
