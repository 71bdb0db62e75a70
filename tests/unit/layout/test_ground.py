"""The shape of the repository that other things rely on."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_platform_is_a_source_root_and_not_a_package() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert [path.name for path in (ROOT / "platform").glob("*.py")] == []


def test_the_standard_library_platform_still_wins_from_the_root() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", "import platform; print(platform.system())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() in {"Linux", "Darwin", "Windows"}


def test_locks_have_a_hash_for_every_package_and_name_no_index() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index" not in text
        blocks = [block for block in re.split(r"\n(?=[A-Za-z0-9])", text) if "==" in block.split("\n")[0]]
        assert len(blocks) > 20
        assert [block.split("\n")[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_web_lock_holds_no_torch() -> None:
    names = {
        line.split("==")[0].lower()
        for line in (ROOT / "requirements" / "web.lock").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    assert "django" in names
    assert names.isdisjoint({"torch", "torchaudio", "transformers", "triton"})


def test_only_settings_and_the_reader_touch_the_environment() -> None:
    allowed = {"platform/vivavoce/env.py"}
    rooms = ["platform/vivavoce", "platform/audiokit", "voices", "synthesis", "safeguards"]
    readers = {str(path.relative_to(ROOT)) for room in rooms for path in (ROOT / room).rglob("*.py") if _reads(path)}
    assert readers <= allowed


def _reads(path: Path) -> bool:
    """Whether a module takes a value from the environment in its code; examples for people, in strings, do not count."""
    reading = re.compile(r"os\.(getenv\(|environ\.get\(|environ\[)")
    found = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    return any(reading.match(ast.unparse(node)) for node in found if isinstance(node, ast.Call | ast.Subscript))


def test_no_home_folder_with_secrets_lies_within_the_source() -> None:
    sources = ["platform", "voices", "synthesis", "safeguards", "bench", "docker", "docs"]
    strays = [path for source in sources for path in (ROOT / source).rglob("secrets") if path.is_dir()]
    assert strays == []
