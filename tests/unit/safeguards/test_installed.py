"""Models that an operator brings are pinned by digest and opened late."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from safeguards import challenge, installed
from safeguards.installed import InstalledError

CONTENT = b"weights"


class Opened:
    """What the factory below makes."""

    version = "opened-1"

    def __init__(self, folder: Path, beams: int) -> None:
        self.folder, self.beams = folder, beams


def make(folder: Path, *, beams: int = 1) -> Opened:
    return Opened(folder, beams)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "model"
    made.mkdir()
    (made / "model.bin").write_bytes(CONTENT)
    return made


@pytest.fixture(autouse=True)
def none_registered() -> Iterator[None]:
    yield
    challenge.unregister("de")
    challenge.unregister("fr")


def described(folder: Path, **changed: object) -> dict[str, object]:
    return {
        "languages": ["de", "fr"],
        "factory": f"{__name__}:make",
        "folder": str(folder),
        "files": {"model.bin": hashlib.sha256(CONTENT).hexdigest()},
        "options": {"beams": 3},
        **changed,
    }


def written(folder: Path, *recognisers: object) -> Path:
    path = folder.parent / "models.json"
    path.write_text(json.dumps({"recognisers": recognisers}))
    return path


def test_a_model_whose_files_are_as_pinned_is_opened_with_its_options_once_for_all_its_languages(folder: Path) -> None:
    installed.register(installed.read(written(folder, described(folder))))
    assert challenge.can_check("de")
    opened = challenge.recognisers.recogniser_for("de")
    assert isinstance(opened, Opened)
    assert (opened.folder, opened.beams) == (folder, 3)
    assert challenge.recognisers.recogniser_for("fr") is opened


def test_a_changed_file_is_refused(folder: Path) -> None:
    found = installed.read(written(folder, described(folder)))
    (folder / "model.bin").write_bytes(b"weightz")
    with pytest.raises(InstalledError, match="not the pinned one"):
        found.recognisers[0].open()


def test_a_file_that_the_list_does_not_name_is_refused(folder: Path) -> None:
    (folder / "extra.py").write_text("")
    with pytest.raises(InstalledError, match=r"extra\.py"):
        installed.read(written(folder, described(folder))).recognisers[0].open()


def test_a_link_in_place_of_a_file_is_refused(folder: Path) -> None:
    (folder / "model.bin").rename(folder.parent / "elsewhere")
    (folder / "model.bin").symlink_to(folder.parent / "elsewhere")
    with pytest.raises(InstalledError, match="lacks the plain file"):
        installed.read(written(folder, described(folder))).recognisers[0].open()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"factory": "os.system"}, "factory"),
        ({"files": {}}, "files"),
        ({"surprise": 1}, "surprise"),
        ({"languages": []}, "languages"),
    ],
)
def test_what_is_malformed_is_refused_and_named(folder: Path, changed: dict[str, object], why: str) -> None:
    with pytest.raises(InstalledError, match=why):
        installed.read(written(folder, described(folder, **changed)))


def test_a_factory_that_is_not_there_is_named(folder: Path) -> None:
    found = installed.read(written(folder, described(folder, factory="safeguards.nowhere:make")))
    with pytest.raises(InstalledError, match=r"safeguards\.nowhere:make"):
        found.recognisers[0].open()


def test_a_missing_or_oversized_file_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InstalledError, match="cannot be read"):
        installed.read(tmp_path / "none.json")
    (tmp_path / "large.json").write_bytes(b" " * (installed.MAX_FILE_BYTES + 1))
    with pytest.raises(InstalledError, match="larger"):
        installed.read(tmp_path / "large.json")
