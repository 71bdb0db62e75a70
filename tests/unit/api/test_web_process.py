"""What the web process loads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HEAVY = ("torch", "torchaudio", "transformers", "pocketsphinx", "pyworld", "c2pa", "synthesis.engine")


def test_the_web_process_loads_no_torch_and_no_engine(tmp_path: Path) -> None:
    script = (
        "import vivavoce.asgi, sys\n"
        "from django.urls import get_resolver\n"
        "assert get_resolver().url_patterns\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    environment = {
        **os.environ,
        "VIVAVOCE_HOME": str(tmp_path),
        "PYTHONPATH": f"{ROOT / 'platform'}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "vivavoce.settings",
    }
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
