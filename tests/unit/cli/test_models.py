"""``vivavoce models``: from a folder or a pin file to an installed set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synthesis.engine.gpt_sovits.library import Parts, add
from tests.unit.cli.test_commands import run, run_json
from tests.unit.gpt_sovits.model_files import serving, upstream_folder
from tests.unit.gpt_sovits.upstream import FIXTURES


@pytest.fixture
def models(tmp_path: Path, settings: Any) -> Path:
    settings.VIVAVOCE_MODELS_DIR = tmp_path / "models"
    return tmp_path / "models"


def test_a_folder_is_added_listed_and_verified_and_its_pins_fetch_it_elsewhere(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, pins = upstream_folder(tmp_path / "pretrained_models"), tmp_path / "pins.json"
    added = run_json(capsys, "models", "add", source, "--version", "v2", "--pins", pins)
    assert added["name"] == "v2"
    assert run_json(capsys, "models", "list")["sets"] == [added]
    assert run_json(capsys, "models", "verify", "v2") == {"sets": {"v2": []}}
    files = {path.relative_to(source).as_posix(): path.read_bytes() for path in source.rglob("*") if path.is_file()}
    with serving(files) as server:
        pulled = run_json(capsys, "models", "pull", pins, "--from", server.url, "--name", "again")
    assert pulled["parts"] == added["parts"]
    again = run_json(capsys, "models", "pull", pins, "--from", source, "--name", "third")
    assert again["megabytes"] == added["megabytes"]
    assert not list((models / ".downloads").iterdir())
    weights = models / "again" / "t2s" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\xff")
    status, out, _ = run(capsys, "models", "verify")
    assert status == 1
    assert "again: t2s/weights.safetensors has another SHA-256." in out


def test_nothing_is_pulled_without_pins(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, complaints = run(capsys, "models", "pull", tmp_path / "none.json")
    assert status == 2
    assert "nothing is fetched without digests" in complaints
    assert not models.exists()


def test_an_unknown_set_is_an_error_of_the_command(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, complaints = run(capsys, "models", "verify", "nothing")
    assert status == 2
    assert "There is no set" in complaints


@pytest.mark.shared
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_set_leaves_as_onnx_files_that_compute_what_torch_computes(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = Parts("v2", {"t2s": FIXTURES / "t2s_small.ckpt", "sovits": FIXTURES / "sovits_v2_small.pth"}, {})
    add(parts, models, "tiny", source=FIXTURES, follow_links=True)
    written = run_json(capsys, "models", "export", "tiny", tmp_path / "onnx", "--room", "64")["files"]
    assert sorted(written) == sorted(path.name for path in (tmp_path / "onnx").iterdir())
    assert max(written.values()) < 1e-4
    status, _, complaints = run(capsys, "models", "export", "tiny", tmp_path / "onnx", "--room", "5000")
    assert status == 2
    assert "4096" in complaints
    monkeypatch.setattr("synthesis.engine.gpt_sovits.export.installed.find_spec", lambda _: None)
    assert "package onnx" in run(capsys, "models", "export", "tiny", tmp_path / "onnx")[2]
