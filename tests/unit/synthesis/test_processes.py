"""Which process loads what: asked of fresh interpreters, since this one has loaded everything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def _loaded(imports: str, home: Path, **environment: str) -> set[str]:
    """Top-level names of the modules that a process has after ``imports``."""
    code = f"import django; django.setup()\nimport {imports}\nimport sys; print(*sorted(sys.modules))"
    values = os.environ | {
        "DJANGO_SETTINGS_MODULE": "vivavoce.settings",
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        "VIVAVOCE_HOME": str(home),
    }
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=values | environment, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_web_process_serves_clips_and_questions_without_a_model_library(tmp_path: Path) -> None:
    loaded = _loaded("synthesis.services, synthesis.selectors, synthesis.egress.delivery", tmp_path)

    assert not loaded & {"torch", "c2pa", "av", "pyworld", "synthesis.egress.release"}


@pytest.mark.parametrize("task", ["synthesis.egress.worker", "synthesis.verification.worker"])
def test_egress_and_analysis_hold_no_engine(task: str, tmp_path: Path) -> None:
    assert not {name for name in _loaded(task, tmp_path) if name.startswith("synthesis.engine")}


def test_the_engine_worker_holds_no_watermarker_and_no_signer(tmp_path: Path) -> None:
    loaded = _loaded("synthesis.render, synthesis.training", tmp_path)

    assert not loaded & {"safeguards.watermark", "safeguards.provenance", "synthesis.egress.release"}
