from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from safeguards.speaker import EncoderError, encoder


def test_weights_with_another_digest_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "_WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(EncoderError, match="digest"):
        encoder._weights_path()


def test_weights_of_another_size_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "_WEIGHTS_BYTES", 5)
    with pytest.raises(EncoderError, match="size"):
        encoder._weights_path()


def test_importing_the_checks_loads_neither_torch_nor_foreign_packages() -> None:
    code = (
        "import sys; import safeguards.challenge, safeguards.speaker, safeguards.liveness, safeguards.detector; "
        "print([name for name in ('torch', 'resemblyzer', 'pocketsphinx', 'scipy', 'django') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
