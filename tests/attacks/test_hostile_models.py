"""A source of models is a stranger: whatever it sends or names, nothing is parsed before its digest and nothing leaves the folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synthesis.engine.gpt_sovits.library import ModelError, add, fetch, read_pins, recognise
from synthesis.engine.gpt_sovits.library.pins import Pin, pin_of
from tests.unit.gpt_sovits.model_files import s1, s2, serving

BODY = b"PK" + bytes(range(256)) * 4000


def _pin(tmp_path: Path, url: str, name: str = "a.ckpt") -> list[Pin]:
    (tmp_path / "whole").write_bytes(BODY)
    pin = pin_of(tmp_path / "whole", name)
    return [Pin(name, pin.size, pin.sha256, (f"{url}/{name}",))]


def _code(pins: list[Pin], folder: Path, **more: list[str | Path]) -> str:
    with pytest.raises(ModelError) as raised:
        fetch(pins, folder, **more)
    return raised.value.code


def test_other_bytes_than_pinned_are_thrown_away(tmp_path: Path) -> None:
    with serving({"a.ckpt": BODY[:-1] + b"x"}) as server:
        assert _code(_pin(tmp_path, server.url), tmp_path / "to") == "model_digest"
    assert list((tmp_path / "to").iterdir()) == []


@pytest.mark.parametrize("endless", [False, True])
def test_more_bytes_than_pinned_are_not_even_stored(tmp_path: Path, endless: bool) -> None:
    with serving({"a.ckpt": BODY if endless else BODY + b"more"}) as server:
        server.endless = endless
        assert _code(_pin(tmp_path, server.url), tmp_path / "to") == "model_too_large"
    assert list((tmp_path / "to").iterdir()) == []


def test_fewer_bytes_than_pinned_never_become_a_file(tmp_path: Path) -> None:
    with serving({"a.ckpt": BODY[:-10]}) as server:
        assert _code(_pin(tmp_path, server.url), tmp_path / "to") == "model_unreachable"
    assert not (tmp_path / "to" / "a.ckpt").exists()


def test_a_page_in_place_of_a_checkpoint_is_refused_even_when_it_was_pinned(tmp_path: Path) -> None:
    page = b"<html>sign in</html>"
    (tmp_path / "page").write_bytes(page)
    pin = pin_of(tmp_path / "page", "a.ckpt")
    with serving({"a.ckpt": page}) as server:
        pins = [Pin(pin.path, pin.size, pin.sha256, (f"{server.url}/a.ckpt",))]
        assert _code(pins, tmp_path / "to") == "model_type"
    assert list((tmp_path / "to").iterdir()) == []


@pytest.mark.parametrize(
    "target", ["http://example.org/a.ckpt", "file:///etc/passwd", "ftp://127.0.0.1/a", "http://127.0.0.1.example.org/"]
)
def test_a_redirect_leads_to_no_unguarded_address(tmp_path: Path, target: str) -> None:
    with serving({}) as server:
        server.redirects["/a.ckpt"] = target
        assert _code(_pin(tmp_path, server.url), tmp_path / "to") == "model_unreachable"


def test_redirects_end(tmp_path: Path) -> None:
    with serving({}) as server:
        server.redirects["/a.ckpt"] = f"{server.url}/a.ckpt"
        assert _code(_pin(tmp_path, server.url), tmp_path / "to") == "model_unreachable"
        assert len(server.asked) <= 6


@pytest.mark.parametrize(
    "name",
    ["../a.ckpt", "/etc/a.ckpt", "x/../../a", "a\\b", "a//b", "", ".", "a\x00b", "a\nb", "C:a", "-rf", "a/" * 9 + "b"],
)
def test_names_that_lead_elsewhere_are_refused_in_pins(tmp_path: Path, name: str) -> None:
    path = tmp_path / "pins.json"
    path.write_text(json.dumps({"format": 1, "files": [{"path": name, "size": 1, "sha256": "0" * 64}]}))
    with pytest.raises(ModelError) as raised:
        read_pins(path)
    assert raised.value.code == "model_path"
    assert _code([Pin(name, 1, "0" * 64)], tmp_path / "to") == "model_path"


@pytest.mark.parametrize(
    "entry",
    [
        {"path": "a.ckpt", "size": 5},
        {"path": "a.ckpt", "sha256": "0" * 64},
        {"path": "a.ckpt", "size": 5, "sha256": ""},
        {"path": "a.ckpt", "size": 5, "sha256": "0" * 40},
        {"path": "a.ckpt", "size": True, "sha256": "0" * 64},
        {"path": "a.ckpt", "size": 2**40, "sha256": "0" * 64},
    ],
)
def test_nothing_is_fetched_without_a_size_and_a_digest(tmp_path: Path, entry: dict[str, object]) -> None:
    path = tmp_path / "pins.json"
    path.write_text(json.dumps({"format": 1, "files": [entry]}))
    with pytest.raises(ModelError) as raised:
        read_pins(path)
    assert raised.value.code in ("model_unpinned", "model_too_large")


@pytest.mark.parametrize("linked", ["file", "folder"])
def test_links_out_of_a_source_folder_are_not_followed(tmp_path: Path, linked: str) -> None:
    outside, source = tmp_path / "outside", tmp_path / "source"
    outside.mkdir()
    source.mkdir()
    (outside / "a.ckpt").write_bytes(BODY)
    if linked == "file":
        (source / "a.ckpt").symlink_to(outside / "a.ckpt")
        name = "a.ckpt"
    else:
        (source / "sub").symlink_to(outside)
        name = "sub/a.ckpt"
    pin = pin_of(outside / "a.ckpt", name)
    assert _code([pin], tmp_path / "to", sources=[source]) == "model_path"


def test_links_out_of_an_added_folder_need_to_be_asked_for(tmp_path: Path) -> None:
    outside, source = tmp_path / "outside", tmp_path / "source"
    outside.mkdir()
    source.mkdir()
    (outside / "blob").write_bytes(s1())
    (source / "a.ckpt").symlink_to(outside / "blob")
    (source / "b.pth").write_bytes(s2())
    with pytest.raises(ModelError) as raised:
        recognise(source)
    assert raised.value.code == "model_path"
    assert recognise(source, follow_links=True).version == "v2"


def test_a_link_planted_among_the_downloads_is_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"keep")
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "a.ckpt.part").symlink_to(victim)
    with serving({"a.ckpt": BODY}) as server:
        fetch(_pin(tmp_path, server.url), tmp_path / "to")
    assert victim.read_bytes() == b"keep"
    (tmp_path / "to" / "a.ckpt").unlink()
    (tmp_path / "to" / "a.ckpt").symlink_to(victim)
    assert _code(_pin(tmp_path, "http://127.0.0.1:9"), tmp_path / "to") == "model_path"


@pytest.mark.parametrize("name", ["../up", "", "a/b", ".hidden", "UPPER", "a" * 65, "a..b"])
def test_a_set_cannot_be_named_out_of_the_models_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.ckpt").write_bytes(s1())
    (tmp_path / "b.pth").write_bytes(s2())
    with pytest.raises(ModelError) as raised:
        add(recognise(tmp_path), tmp_path / "models", name, source=tmp_path)
    assert raised.value.code == "model_name"
