"""A checkpoint is a stranger's file: whatever it holds, it is read without running anything, or refused with a reason."""

from __future__ import annotations

import builtins
import codecs
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from synthesis.engine.gpt_sovits.checkpoints import convert, load_stored, read_checkpoint
from synthesis.engine.gpt_sovits.errors import CheckpointError
from tests.unit.gpt_sovits.crafted import Calls, hparams_class, pickled, rezipped, saved, tiny_content

_WATCHED = ("exec", "compile", "import", "open", "os.", "subprocess.", "socket.", "pickle.", "ctypes.", "shutil.")
_events: list[str] | None = None


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _events is not None and event.startswith(_WATCHED):
        _events.append(f"{event} {arguments[:1]!r:.80}")


@contextmanager
def _nothing_happens() -> Iterator[None]:
    """Fail if the interpreter imports, opens, compiles, unpickles or starts anything meanwhile."""
    global _events
    if not getattr(sys, "_vivavoce_checkpoint_watch", False):
        sys.addaudithook(_watch)  # cannot be removed again, so it is added once and idles
        sys._vivavoce_checkpoint_watch = True  # type: ignore[attr-defined]
    for codec in ("cp437", "raw_unicode_escape", "unicode_escape", "latin-1"):
        codecs.lookup(codec)
    read_checkpoint(rezipped(saved(tiny_content()), bytes))  # imports made on first use are not the attack's
    _events = []
    try:
        yield
        assert _events == []
    finally:
        _events = None


def _code(data: bytes) -> str:
    with pytest.raises(CheckpointError) as raised:
        read_checkpoint(data)
    return raised.value.code


def _calls(marker: Path) -> list[Calls]:
    return [
        Calls(os.system, f"touch {marker}"),
        Calls(builtins.exec, f"open({str(marker)!r}, 'w')"),
        Calls(builtins.eval, "1"),
        Calls(subprocess.Popen, ["touch", str(marker)]),
        Calls(builtins.getattr, "x", "upper"),
        Calls(torch.load, str(marker)),
        Calls(Path.touch, marker),
        Calls(torch.nn.Linear, 2, 2),
    ]


@pytest.mark.parametrize("index", range(8))
@pytest.mark.parametrize("place", ["whole", "config", "weight", "info"])
def test_a_checkpoint_that_would_run_code_is_refused_and_nothing_runs(tmp_path: Path, index: int, place: str) -> None:
    marker = tmp_path / "ran"
    evil = _calls(marker)[index]
    content = tiny_content()
    content[place] = evil
    data = rezipped(saved(tiny_content()), lambda _: pickled(evil if place == "whole" else evil_only(content)))
    with _nothing_happens():
        assert _code(data) == "checkpoint_forbidden"
    assert not marker.exists()


def evil_only(content: dict[str, object]) -> dict[str, object]:
    """The content without its tensors, which plain pickle stores in another way."""
    return {key: {} if key == "weight" and isinstance(value, dict) else value for key, value in content.items()}


def test_a_bare_pickle_is_refused_and_nothing_runs(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    with _nothing_happens():
        assert _code(pickled(Calls(os.system, f"touch {marker}"))) == "checkpoint_unreadable"
    assert not marker.exists()


def test_the_configuration_class_of_upstream_becomes_a_dict_and_its_state_cannot_call() -> None:
    with hparams_class() as cls:
        outer, inner = cls(), cls()
        inner.__dict__.update(head=2)
        outer.__dict__.update(model=inner, kernels=[3, 7])
        good = saved({**tiny_content(), "config": outer})
        inner.__dict__.update(head=Calls(os.system, "true"))
        evil = saved({**tiny_content(), "config": outer})
    assert read_checkpoint(good).config == {"model": {"head": 2}, "kernels": [3, 7]}
    with _nothing_happens():
        assert _code(evil) == "checkpoint_forbidden"


@pytest.mark.parametrize(
    "stream",
    [
        b"\x80\x02cos\nsystem\n.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
        b"\x80\x02(X\x04\x00\x00\x00trueios\nsystem\n.",
        b"\x80\x02}X\x01\x00\x00\x00aK\x01sX\x03\x00\x00\x00abcb.",
        b"\x80\x02cutils\nHParams\n)\x81X\x01\x00\x00\x00ab.",
        b"\x80\x02\x82\x01.",
    ],
)
def test_opcodes_that_import_build_or_extend_are_refused(stream: bytes) -> None:
    with _nothing_happens():
        assert _code(rezipped(saved(tiny_content()), lambda _: stream)) == "checkpoint_forbidden"


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"\x80\x02",
        b"\x80\x02}",
        b"\x80\x02.",
        b"\x80\x02s.",
        b"\x80\x02}(a.",
        b"\x80\x02h\x07.",
        b"\x80\x02X\xff\xff\xff\x7fabc.",
        b"\x80\x02\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"\x80\x02}r\xff\xff\xff\xff.",
        b"\x80\x02\x8b\xff\xff\xff\x7f.",
    ],
)
def test_a_damaged_or_bloated_index_costs_no_memory(stream: bytes) -> None:
    with _nothing_happens():
        assert _code(rezipped(saved(tiny_content()), lambda _: stream)) == "checkpoint_unreadable"


def test_a_file_cut_off_anywhere_is_refused() -> None:
    data = saved(tiny_content())
    with _nothing_happens():
        for length in range(0, len(data), 37):
            assert _code(data[:length]) == "checkpoint_unreadable"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_not_finite_are_refused(value: float) -> None:
    content = tiny_content()
    content["weight"]["model.bert_proj.bias"][2] = value
    assert _code(saved(content)) == "checkpoint_not_finite"


def test_a_small_file_cannot_claim_huge_tensors() -> None:
    content = tiny_content()
    content["weight"]["model.huge"] = torch.zeros(1).expand(2**20, 2**20)
    assert _code(saved(content)) == "checkpoint_too_large"


def test_a_tensor_cannot_reach_beyond_its_storage() -> None:
    class Beyond:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            storage = torch.zeros(4).untyped_storage()
            typed = torch.storage.TypedStorage(wrap_storage=storage, dtype=torch.float32, _internal=True)
            return torch._utils._rebuild_tensor_v2, (typed, 1, (4,), (1,), False, {})

    assert _code(saved({"weight": {"a": Beyond()}, "config": {}})) == "checkpoint_unreadable"


def test_a_configuration_that_unfolds_without_end_is_refused() -> None:
    laughs: list[object] = ["ha"]
    for _ in range(11):
        laughs = [laughs] * 10
    cyclic: dict[str, object] = {}
    cyclic["self"] = cyclic
    for config in (laughs, cyclic):
        assert _code(saved({**tiny_content(), "config": {"model": config}})) == "checkpoint_too_large"


def test_compressed_entries_are_refused_before_they_unfold() -> None:
    data = rezipped(saved(tiny_content()), lambda _: b"\x00" * 10_000_000, zipfile.ZIP_DEFLATED)
    assert len(data) < 100_000
    assert _code(data) == "checkpoint_forbidden"


def test_stored_weights_changed_by_one_byte_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "s1.ckpt"
    source.write_bytes(saved(tiny_content()))
    convert(source, tmp_path / "model")
    path = tmp_path / "model" / "weights.safetensors"
    assert load_stored(tmp_path / "model").manifest.kind == "s1"
    body = bytearray(path.read_bytes())
    body[-1] ^= 1
    path.write_bytes(body)
    with pytest.raises(CheckpointError) as raised:
        load_stored(tmp_path / "model")
    assert raised.value.code == "checkpoint_digest"


def _mutated(data: bytes, rng: np.random.Generator) -> bytes:
    body = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        at = int(rng.integers(0, max(1, len(body))))
        match int(rng.integers(0, 5)):
            case 0:
                body[at : at + 1] = rng.bytes(1)
            case 1:
                body[at : at + int(rng.integers(1, 30))] = b""
            case 2:
                body[at:at] = rng.bytes(int(rng.integers(1, 12)))
            case 3:
                body[at:at] = body[at : at + int(rng.integers(1, 60))]
            case _:
                # Opcodes of pickle that create, call, mark, store or refer.
                body[at : at + 1] = bytes([int(rng.choice(list(b"coRbiQP\x81\x92\x93(tlds0NMhjqr.ue}])\x85\x87")))])
    return bytes(body)


def _fuzz(count: int, seed: int) -> int:
    """Read ``count`` mutants, half with checksums made right again; returns how many were still readable."""
    rng = np.random.default_rng(seed)
    with hparams_class() as cls:
        config = cls()
        config.__dict__.update(tiny_content()["config"])
        whole = saved({**tiny_content(), "config": config})
    readable = 0
    mutants = (
        rezipped(whole, lambda index: _mutated(index, rng)) if number % 2 else _mutated(whole, rng)
        for number in range(count)
    )
    for mutant in mutants:
        with _quiet_watch():
            try:
                checkpoint = read_checkpoint(mutant)
            except CheckpointError:
                continue
        readable += 1
        assert all(np.isfinite(array).all() for array in checkpoint.tensors.values())
    return readable


@contextmanager
def _quiet_watch() -> Iterator[None]:
    global _events
    _events = []
    try:
        yield
        assert _events == []
    finally:
        _events = None


def test_mutated_files_are_read_or_refused_and_never_run() -> None:
    with _nothing_happens():
        pass
    assert _fuzz(400, seed=1) < 200


@pytest.mark.slow
def test_ten_thousand_mutated_files_are_read_or_refused_and_never_run() -> None:
    with _nothing_happens():
        pass
    assert _fuzz(10_000, seed=2) < 5_000
