"""Weights of a voice as a difference from the installed ones: exact, useless without them, believed by digest alone."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.engine import GptSovitsEngine
from synthesis.engine.gpt_sovits.pipeline import difference
from synthesis.engine.gpt_sovits.pipeline.own import WEIGHTS, Base, OwnNetworks
from synthesis.engine.gpt_sovits.weights import Weights, digest, read_weights
from synthesis.engine.protocol import RenderItem
from synthesis.engine.voice_model import VoiceModel
from tests.fakes import tiny_sovits
from tests.speech_data import clips
from tests.speech_data import load as load_clip
from tests.unit.gpt_sovits import tiny

Arrays = dict[str, NDArray[np.generic]]


def _weights(arrays: Arrays) -> Weights:
    return Weights("s1", arrays, {}, digest(arrays))


def _pair(seed: int = 0, dtype: str = "float16") -> tuple[Weights, Weights]:
    rng = np.random.default_rng(seed)
    base: Arrays = {name: rng.normal(size=(40, 30)).astype(dtype) for name in ("a", "b")}
    base["inited"] = np.ones(1, np.int64)
    moved = {name: (array + 0.01 * rng.normal(size=array.shape)).astype(np.float16) for name, array in base.items()}
    return _weights(base), _weights({**base, "a": moved["a"]})


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_what_is_added_up_again_is_what_training_made_bit_for_bit(dtype: str) -> None:
    base, tuned = _pair(dtype=dtype)
    data = difference.encode({"t2s": base, "sovits": base}, {"t2s": tuned})
    made = difference.apply({"t2s": base, "sovits": base}, data)

    assert made["sovits"] is base
    assert made["t2s"].tensors["a"].tobytes() == tuned.tensors["a"].tobytes()
    assert all(np.array_equal(made["t2s"].tensors[name], base.tensors[name]) for name in ("b", "inited"))
    assert tuned.tensors["a"].tobytes() not in data


def test_extreme_numbers_survive() -> None:
    values = np.array([0.0, -0.0, 6e-8, -6e-8, 65504, -65504, 1, -1], np.float16)
    base, tuned = _weights({"a": values}), _weights({"a": values[::-1].copy()})
    made = difference.apply({"t2s": base}, difference.encode({"t2s": base}, {"t2s": tuned}))
    assert made["t2s"].tensors["a"].tobytes() == tuned.tensors["a"].tobytes()


def test_another_base_other_shapes_and_damage_are_refused() -> None:
    base, tuned = _pair()
    data = difference.encode({"t2s": base}, {"t2s": tuned})
    other, _ = _pair(1)
    smaller = Weights("s1", {"a": np.zeros((2, 2), np.float16)}, {}, base.sha256)
    for bases, bad in (
        ({"t2s": other}, data),
        ({"sovits": base}, data),
        ({"t2s": smaller}, data),
        ({"t2s": base}, data[:-4]),
        ({"t2s": base}, b""),
        ({"t2s": base}, b"\xff" * 64),
        ({"t2s": base}, data + bytes(2 * len(data) + 2**21)),
    ):
        with pytest.raises(EngineError, match="bad_voice_weights"):
            difference.apply(bases, bad)


def test_weights_that_are_no_numbers_are_refused() -> None:
    base, tuned = _pair()
    wild = tuned.tensors["a"].copy()
    wild[0, 0] = np.inf
    data = difference.encode({"t2s": base}, {"t2s": _weights({**tuned.tensors, "a": wild})})
    with pytest.raises(EngineError, match="not finite"):
        difference.apply({"t2s": base}, data)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_sovits.make_files(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def engine(files: Path) -> GptSovitsEngine:
    return tiny_sovits.load_engine(files)


def _voice(engine: GptSovitsEngine, files: Path, seed: int) -> VoiceModel:
    """A voice whose second stage was moved a little, by chance instead of by training."""
    base = {role: read_weights(files / role) for role in ("t2s", "sovits")}
    rng = np.random.default_rng(seed)
    tensors = dict(base["sovits"].tensors)
    for name in ("dec.conv_pre.bias", "enc_p.proj.bias"):
        tensors[name] = (tensors[name] + 0.3 * rng.normal(size=tensors[name].shape)).astype(np.float16)
    tuned = Weights(base["sovits"].kind, tensors, base["sovits"].config, digest(tensors))
    data = difference.encode(base, {"sovits": tuned})
    plain = tiny.voice(seed)
    t2s, sovits = engine.networks.digests
    facts = {"t2s": t2s, "sovits": sovits, WEIGHTS: hashlib.sha256(data).hexdigest()}
    return VoiceModel(plain.engine, plain.arrays, facts, lambda: data)


def test_voices_with_weights_of_their_own_in_one_batch_do_not_mix(engine: GptSovitsEngine, files: Path) -> None:
    voices = [_voice(engine, files, seed) for seed in (1, 2)]
    installed = VoiceModel(
        voices[0].engine, voices[0].arrays, {k: v for k, v in voices[0].facts.items() if k != WEIGHTS}
    )
    items = [RenderItem(voice, "Good morning.", 5) for voice in (*voices, installed, voices[0])]
    together = engine.render_batch(items)
    alone = [tiny_sovits.load_engine(files).render_batch([item])[0] for item in items]

    assert [sound.samples.tobytes() for sound in together] == [sound.samples.tobytes() for sound in alone]
    assert len({sound.samples.tobytes() for sound in together}) == 3


@pytest.mark.shared
def test_a_stream_and_a_conversion_take_them_too(engine: GptSovitsEngine, files: Path) -> None:
    voice = _voice(engine, files, 3)
    installed = VoiceModel(voice.engine, voice.arrays, {k: v for k, v in voice.facts.items() if k != WEIGHTS})
    said = load_clip(clips(min_seconds=3.0)[0])
    streams = [
        b"".join(part.samples.tobytes() for part in engine.stream(RenderItem(each, "Good morning.", 5)))
        for each in (voice, installed)
    ]
    sounds = [engine.convert(each, said, seed=1).samples.tobytes() for each in (voice, installed)]
    assert streams[0] != streams[1]
    assert sounds[0] != sounds[1]


def test_weights_other_than_those_the_voice_names_are_refused(engine: GptSovitsEngine, files: Path) -> None:
    voice = _voice(engine, files, 4)
    other = _voice(engine, files, 5)
    for opener in (other.weights, None, lambda: b""):
        changed = VoiceModel(voice.engine, voice.arrays, voice.facts, opener)
        with pytest.raises(EngineError, match="bad_voice_weights"):
            tiny_sovits.load_engine(files).render_batch([RenderItem(changed, "Good morning.", 5)])


def _cache(engine: GptSovitsEngine, most_bytes: int, idle_seconds: float = 900.0) -> OwnNetworks:
    base = engine._base
    assert isinstance(base, Base)
    return OwnNetworks(engine.networks, base, most_bytes=most_bytes, idle_seconds=idle_seconds)


def test_the_cache_is_bounded_in_bytes(engine: GptSovitsEngine, files: Path) -> None:
    first, second, third = (_voice(engine, files, seed) for seed in (6, 7, 8))
    size = sum(2 * array.nbytes for array in read_weights(files / "sovits").tensors.values())
    cache = _cache(engine, most_bytes=2 * size)
    networks = cache.of(first)
    cache.of(second)
    assert cache.of(first) is networks
    cache.of(third)
    assert cache.digests == (first.facts[WEIGHTS], third.facts[WEIGHTS])


def test_what_nobody_uses_leaves_memory_though_nothing_more_is_spoken(engine: GptSovitsEngine, files: Path) -> None:
    voice = _voice(engine, files, 9)
    cache = _cache(engine, most_bytes=2**30, idle_seconds=0.2)
    networks = cache.of(voice)
    assert cache.of(voice) is networks
    end = time.monotonic() + 30
    while cache.digests:
        assert time.monotonic() < end, "it is still held"
        time.sleep(0.05)
