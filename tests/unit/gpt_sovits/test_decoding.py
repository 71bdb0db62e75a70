"""Decoders against each other: batched, alone, in slots; and the packed forms of the weights."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
import torch

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.build import build_t2s
from synthesis.engine.gpt_sovits.t2s import fused
from synthesis.engine.gpt_sovits.t2s.chunks import fixed_chunks, mute_chunks
from synthesis.engine.gpt_sovits.t2s.config import T2SConfig
from synthesis.engine.gpt_sovits.t2s.generate import Request, generate, generate_batch, seeded_noise
from synthesis.engine.gpt_sovits.t2s.model import T2S
from synthesis.engine.gpt_sovits.t2s.packed import PackedT2S, Precision, default_precision, pack
from synthesis.engine.gpt_sovits.t2s.rows import RowDecoder
from synthesis.engine.gpt_sovits.t2s.sampling import Sampling
from synthesis.engine.gpt_sovits.t2s.slots import SlotDecoder

CONFIG = T2SConfig(width=64, heads=4, layers=2, inner=256, phones=40, vocabulary=65, bert=8, max_seconds=4)


@pytest.fixture(scope="module")
def model() -> T2S:
    rng = np.random.default_rng(3)
    shapes = {name: tuple(tensor.shape) for name, tensor in T2S(CONFIG).state_dict().items()}
    arrays = {f"model.{name}": rng.normal(0, 0.2, shape).astype(np.float16) for name, shape in shapes.items()}
    return build_t2s(arrays, {"model": {"head": 4, "EOS": 64}, "data": {"max_sec": 4}})


def _requests(count: int = 9) -> list[Request]:
    """Requests of different lengths and wishes; made anew for each use, since noise is used up."""
    made = []
    for seed in range(count):
        generator = torch.Generator().manual_seed(seed)
        phones, prompt = 3 + 5 * seed % 17, 7 * seed % 12
        sampling = Sampling(1 + 3 * seed % 20, (1.0, 0.8, 0.95)[seed % 3], (1.0, 0.7)[seed % 2], (1.35, 1.0)[seed % 2])
        made.append(
            Request(
                torch.randint(0, 40, (phones,), generator=generator),
                torch.randn(8, phones, generator=generator),
                torch.randint(0, 64, (prompt,), generator=generator),
                seeded_noise(seed, 65),
                sampling,
                20 + seed,
            )
        )
    return made


def _run(decoder: RowDecoder | SlotDecoder, requests: Sequence[Request]) -> list[list[int]]:
    waiting = list(enumerate(requests))[::-1]
    out: list[list[int]] = [[] for _ in requests]
    with torch.inference_mode():
        while waiting or decoder.busy:
            while waiting and decoder.free:
                decoder.admit(*waiting.pop())
            for key, token in decoder.advance():
                out[key].append(token)
    return out


@pytest.mark.parametrize(("precision", "compiled"), [("float32", False), ("float16", False), ("float16", True)])
def test_a_request_in_a_batch_has_the_very_logits_it_has_alone(
    model: T2S, precision: Precision, compiled: bool
) -> None:
    packed = pack(model, precision)
    if compiled and packed.fused is None:
        pytest.skip("the compiled step wants numba and AVX2")
    packed = packed if compiled else replace(packed, fused=None)

    def seen_alone(request: Request) -> list[torch.Tensor]:
        return _logits(packed, [request], 1)[0]

    together = _logits(packed, _requests(), 16)
    for request, logits in zip(_requests(), together, strict=True):
        alone = seen_alone(request)
        assert len(alone) == len(logits)
        assert all(torch.equal(a, b) for a, b in zip(alone, logits, strict=True))


def _logits(packed: PackedT2S, requests: Sequence[Request], rows: int) -> list[list[torch.Tensor]]:
    decoder = RowDecoder(packed, rows)
    with torch.inference_mode():
        for key, request in enumerate(requests):
            decoder.admit(key, request)
        found: list[list[torch.Tensor]] = [[] for _ in requests]
        while decoder.busy:
            decoder.advance()
            for row in decoder._rows:
                found[row.key].append(row.logits.clone())
    return found


@pytest.mark.skipif(default_precision("cpu") != "float16", reason="torch packs half-precision weights on x86 only")
def test_half_precision_weights_of_a_half_precision_file_lose_nothing(model: T2S) -> None:
    exact, packed = pack(model, "float32"), pack(model, "float16")
    x = torch.randn(4, 64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(packed.layers[0].up(x), exact.layers[0].up(x), rtol=0, atol=1e-5)
    assert generate_batch(packed, _requests()) == generate_batch(exact, _requests())


@pytest.mark.skipif(not fused.available(), reason="the compiled step wants numba and AVX2")
@pytest.mark.parametrize(("width", "heads", "inner"), [(64, 4, 256), (512, 16, 2048), (48, 4, 80)])
def test_the_compiled_step_gives_the_logits_of_single_precision(width: int, heads: int, inner: int) -> None:
    config = T2SConfig(width, heads, 3, inner, phones=40, vocabulary=65, bert=8)
    generator = torch.Generator().manual_seed(width)
    network = T2S(config).eval()
    with torch.no_grad():
        for name, value in network.named_parameters():
            scale = value.shape[-1] ** -0.5 if value.ndim == 2 else 0.3
            value.copy_((scale * torch.randn(value.shape, generator=generator) + ("norm" in name)).half())
    exact, packed = pack(network, "float32"), pack(network, "float16")
    assert packed.fused is not None
    assert exact.fused is None
    for rows in (1, 3, 9):
        for here, there in zip(_logits(exact, _requests(rows), 16), _logits(packed, _requests(rows), 16), strict=True):
            for one, other in zip(here, there, strict=True):
                torch.testing.assert_close(other, one, rtol=0, atol=1e-4)
    # A lone row and rows beside others take the same sums here, so that both ways of generating agree.
    assert [list(generate(packed, request)) for request in _requests()] == generate_batch(packed, _requests())


@pytest.mark.skipif(not fused.available(), reason="the compiled step wants numba and AVX2")
def test_the_compiled_step_writes_to_no_cache_that_does_not_fit(model: T2S) -> None:
    step = pack(model, "float16").fused
    assert step is not None
    x, cache = torch.zeros(1, 64), torch.zeros(2, 2, 4, 5, 16)
    assert step.step(x, [cache], [4]).shape == (1, 65)
    for wrong, length in ((cache, 5), (cache, -1), (cache[:, :, :, :3], 1), (cache.half(), 1), (cache[:1], 1)):
        with pytest.raises(ValueError, match="form"):
            step.step(x, [wrong], [length])


@pytest.mark.skipif(not fused.available(), reason="the compiled step wants numba and AVX2")
def test_a_second_thread_changes_no_bit_of_the_compiled_step(model: T2S, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = pack(model, "float16")
    expected = _logits(packed, _requests(), 16)

    def same(found: list[list[torch.Tensor]]) -> bool:
        pairs = zip(chain(*found), chain(*expected), strict=True)
        return all(torch.equal(one, other) for one, other in pairs)

    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    with fused._helping:  # somebody else has the helper
        assert same(_logits(packed, _requests(), 16))
    for _ in range(20):
        assert same(_logits(packed, _requests(), 16))
    with ThreadPoolExecutor(8) as pool:
        assert all(same(found) for found in pool.map(lambda _: _logits(packed, _requests(), 16), range(16)))
    assert not fused._helping.locked()


def test_without_numba_torch_does_it(model: T2S, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = generate_batch(pack(model, "float32"), _requests())
    monkeypatch.setattr(fused, "available", lambda: False)
    packed = pack(model, "float16")
    assert packed.fused is None
    assert generate_batch(packed, _requests()) == expected
    odd = T2S(T2SConfig(width=20, heads=2, layers=1, inner=32, phones=9, vocabulary=9, bert=4))
    monkeypatch.undo()
    assert fused.fuse(odd) is None


def test_eight_bits_stay_close(model: T2S) -> None:
    exact, packed = pack(model, "float32"), pack(model, "int8")
    x = torch.randn(4, 64, generator=torch.Generator().manual_seed(1))
    true, near = exact.layers[0].qkv(x), packed.layers[0].qkv(x)
    assert float((near - true).norm() / true.norm()) < 0.03


def test_more_requests_than_rows_are_taken_in_as_others_end(model: T2S) -> None:
    alone = [list(generate(model, request)) for request in _requests()]
    for rows in (1, 2, 4, 16):
        assert generate_batch(model, _requests(), rows=rows) == alone


def test_slots_draw_what_rows_draw(model: T2S) -> None:
    packed = pack(model)
    alone = [list(generate(packed, request)) for request in _requests()]
    assert _run(SlotDecoder(packed, 3, 100), _requests()) == alone
    assert _run(SlotDecoder(packed, 9, 100), _requests()) == alone


@pytest.mark.parametrize("kind", [RowDecoder, SlotDecoder])
def test_a_dropped_request_leaves_the_others_as_they_were(model: T2S, kind: type) -> None:
    packed = pack(model)
    decoder = RowDecoder(packed, 3) if kind is RowDecoder else SlotDecoder(packed, 3, 100)
    out: list[list[int]] = [[], [], []]
    with torch.inference_mode():
        for key, request in enumerate(_requests(3)):
            decoder.admit(key, request)
        for _ in range(2):
            for key, token in decoder.advance():
                out[key].append(token)
        decoder.drop(1)
        assert decoder.free == 1
        while decoder.busy:
            for key, token in decoder.advance():
                assert key != 1
                out[key].append(token)
    for key in (0, 2):
        assert out[key] == list(generate(packed, _requests(3)[key]))


def test_a_text_beyond_the_positions_is_refused_before_a_token_is_drawn(model: T2S) -> None:
    phones = torch.zeros(4000, dtype=torch.long)
    long = Request(phones, torch.zeros(8, 4000), phones[:0], seeded_noise(1, 65))
    with pytest.raises(EngineError) as raised:
        generate_batch(model, [*_requests(2), long])
    assert raised.value.code == "text_too_long"


def test_pieces_end_in_silence_or_at_the_longest_length() -> None:
    similarity = torch.full((10,), -0.5)
    similarity[7] = 1.0
    tokens = [1, 2, 7, 3, 4, 5, 7, 7, 1, 2, 3, 4, 5, 6]
    assert list(mute_chunks(tokens, similarity, 4)) == [[1, 2, 7, 3, 4, 5, 7], [7, 1, 2, 3, 4, 5, 6]]
    bounded = list(mute_chunks(tokens, similarity, 4, longest=6))
    assert list(chain.from_iterable(bounded)) == tokens
    assert max(map(len, bounded)) <= 7
    assert list(fixed_chunks(iter(range(7)), 3)) == [[0, 1, 2], [3, 4, 5], [6]]


@pytest.mark.parametrize("precision", ["float32", "float16", "bfloat16"])
def test_a_model_is_packed_for_another_device_than_its_own(model: T2S, precision: Precision) -> None:
    """On a machine without a second device, the one that holds no numbers stands for it."""
    packed = pack(model, precision, "meta")
    for tensor in (packed.text, packed.audio, packed.text_places, packed.audio_places, packed.layers[0].norm1[0]):
        assert tensor.device.type == "meta"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_a_cuda_graph_draws_what_its_step_draws_eagerly(
    model: T2S, precision: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = pack(model, precision, "cuda")
    graphed = _run(SlotDecoder(packed, 3, 100), _requests())
    monkeypatch.setattr(
        SlotDecoder, "_graph", lambda self, bucket, nucleus: lambda: self._step(bucket, nucleus), raising=True
    )
    assert graphed == _run(SlotDecoder(packed, 3, 100), _requests())
