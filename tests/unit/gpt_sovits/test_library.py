"""Sets of models: recognised, converted, fetched by digest, listed, verified."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from synthesis.engine.gpt_sovits.checkpoints import load_stored
from synthesis.engine.gpt_sovits.library import (
    ModelError,
    add,
    fetch,
    listed,
    read_pins,
    recognise,
    resolve,
    verify,
    write_pins,
)
from synthesis.engine.gpt_sovits.library.pins import Pin, pin_of
from tests.unit.gpt_sovits.model_files import s1, s2, serving, upstream_folder

BODY = b"PK" + bytes(range(256)) * 4000


def _pins(folder: Path, name: str, url: str, body: bytes = BODY) -> list[Pin]:
    path = folder / "whole"
    path.write_bytes(body)
    pin = pin_of(path, name)
    return [Pin(name, pin.size, pin.sha256, (f"{url}/{name}",))]


def test_a_released_version_is_taken_from_a_folder_that_holds_several(tmp_path: Path) -> None:
    source, models = upstream_folder(tmp_path / "pretrained_models"), tmp_path / "models"
    parts = recognise(source, version="v2")
    assert parts.version == "v2"
    found = add(parts, models, "v2", source=source)
    assert sorted(found.parts) == ["bert", "discriminator", "g2pw", "hubert", "sovits", "t2s"]
    assert load_stored(found.parts["t2s"]).manifest.kind == "s1"
    assert load_stored(found.parts["sovits"]).manifest.kind == "s2-v2"
    assert load_file(found.parts["hubert"] / "model.safetensors")["encoder.weight"].shape == (2, 3)
    # Weights are converted and code is left behind.
    assert not list(found.folder.rglob("*.bin")) + list(found.folder.rglob("*.py"))
    assert verify(found) == []
    assert [one.name for one in listed(models)] == ["v2"]
    assert {pin.path for pin in found.sources} >= {
        "gsv-v2final-pretrained/s2G2333k.pth",
        "chinese-hubert-base/config.json",
    }


def test_several_candidates_are_named_and_asked_about(tmp_path: Path) -> None:
    source = upstream_folder(tmp_path)
    with pytest.raises(ModelError, match=r"--t2s or --version") as raised:
        recognise(source)
    assert raised.value.code == "model_incomplete"
    chosen = recognise(source, t2s=source / "s1v3.ckpt", sovits=source / "v2Pro/s2Gv2Pro.pth")
    assert chosen.version == "v2Pro"
    assert "sv" in chosen.files


def test_a_pro_model_without_its_speaker_model_is_incomplete(tmp_path: Path) -> None:
    (tmp_path / "a.ckpt").write_bytes(s1())
    (tmp_path / "b.pth").write_bytes(s2(768, pro=True))
    with pytest.raises(ModelError, match="pretrained_eres2netv2w24s4ep4"):
        recognise(tmp_path)
    with pytest.raises(ModelError, match="is s1"):
        recognise(tmp_path, sovits=tmp_path / "a.ckpt")


def test_a_set_is_replaced_only_when_asked_and_keeps_nothing_half_done(tmp_path: Path) -> None:
    source, models = tmp_path / "mine", tmp_path / "models"
    source.mkdir()
    (source / "a.ckpt").write_bytes(s1())
    (source / "b.pth").write_bytes(s2())
    add(recognise(source), models, "mine", source=source)
    with pytest.raises(ModelError, match="--replace"):
        add(recognise(source), models, "mine", source=source)
    parts = recognise(source)
    (source / "b.pth").write_bytes(b"PK broken")
    with pytest.raises(Exception, match="zip"):
        add(parts, models, "mine", source=source, replace=True)
    assert [path.name for path in models.iterdir()] == ["mine"]
    assert verify(resolve(models, "mine")) == []


@pytest.mark.parametrize("harm", ["changed", "missing", "shortened", "extra"])
def test_verify_names_what_is_wrong(tmp_path: Path, harm: str) -> None:
    (tmp_path / "a.ckpt").write_bytes(s1())
    (tmp_path / "b.pth").write_bytes(s2())
    found = add(recognise(tmp_path), tmp_path / "models", "mine", source=tmp_path)
    path = found.parts["t2s"] / "weights.safetensors"
    data = path.read_bytes()
    if harm == "missing":
        path.unlink()
    elif harm == "extra":
        (path.parent / "extra.bin").write_bytes(b"x")
    else:
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]) if harm == "changed" else data[:-4])
    (sentence,) = verify(resolve(tmp_path / "models", "mine"))
    assert sentence.startswith("t2s/extra.bin" if harm == "extra" else "t2s/weights.safetensors")


def test_a_broken_connection_is_taken_up_where_it_broke(tmp_path: Path) -> None:
    with serving({"s1v3.ckpt": BODY}) as server:
        server.break_after = 300_000
        seen: list[int] = []
        pins = _pins(tmp_path, "s1v3.ckpt", server.url)
        fetch(pins, tmp_path / "to", progress=lambda _path, done, _size: seen.append(done))
        assert (tmp_path / "to" / "s1v3.ckpt").read_bytes() == BODY
        first, second = (wanted for _, wanted in server.asked)
        assert first is None
        assert second is not None
        assert 0 < int(second[6:-1]) <= 300_000
        assert seen[-1] == len(BODY)
        fetch(pins, tmp_path / "to")
        assert len(server.asked) == 2  # there already


def test_a_server_without_ranges_is_read_from_the_start_again(tmp_path: Path) -> None:
    with serving({"a.ckpt": BODY}) as server:
        server.ignore_range = True
        (tmp_path / "to").mkdir()
        (tmp_path / "to" / "a.ckpt.part").write_bytes(BODY[:1000])
        fetch(_pins(tmp_path, "a.ckpt", server.url), tmp_path / "to")
        assert (tmp_path / "to" / "a.ckpt").read_bytes() == BODY


def test_the_next_mirror_is_asked_when_one_has_other_bytes(tmp_path: Path) -> None:
    with serving({"bad/a.ckpt": BODY[:-1] + b"x", "good/a.ckpt": BODY}) as server:
        (pin,) = _pins(tmp_path, "a.ckpt", server.url)
        pins = [Pin(pin.path, pin.size, pin.sha256)]
        fetch(pins, tmp_path / "to", sources=[f"{server.url}/none", f"{server.url}/bad", f"{server.url}/good/"])
        assert (tmp_path / "to" / "a.ckpt").read_bytes() == BODY


def test_a_local_folder_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "disk" / "v2Pro").mkdir(parents=True)
    (tmp_path / "disk" / "v2Pro" / "a.pth").write_bytes(BODY)
    pins = [pin_of(tmp_path / "disk" / "v2Pro" / "a.pth", "v2Pro/a.pth")]
    fetch(pins, tmp_path / "to", sources=[tmp_path / "disk"])
    assert (tmp_path / "to" / "v2Pro" / "a.pth").read_bytes() == BODY


def test_pin_files_come_back_as_written_and_mirrors_are_written_out(tmp_path: Path) -> None:
    pins = [Pin("v2Pro/a.pth", 5, "0" * 64, ("https://example.org/a",))]
    write_pins(tmp_path / "pins.json", pins)
    assert read_pins(tmp_path / "pins.json") == pins
    document = json.loads((tmp_path / "pins.json").read_text())
    (tmp_path / "pins.json").write_text(json.dumps({**document, "mirrors": ["https://mirror.example/x/"]}))
    assert read_pins(tmp_path / "pins.json")[0].urls[1] == "https://mirror.example/x/v2Pro/a.pth"
