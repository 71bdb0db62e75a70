"""The token model against upstream's outputs for random weights, small and full width."""

from __future__ import annotations

import json
import runpy
from itertools import chain
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from synthesis.engine.gpt_sovits.build import build_t2s
from synthesis.engine.gpt_sovits.checkpoints import read_checkpoint
from synthesis.engine.gpt_sovits.t2s.chunks import fixed_chunks, mute_chunks, mute_similarity
from synthesis.engine.gpt_sovits.t2s.generate import Request, generate, generate_batch
from synthesis.engine.gpt_sovits.t2s.loss import Batch, losses
from synthesis.engine.gpt_sovits.t2s.model import T2S
from synthesis.engine.gpt_sovits.t2s.packed import pack
from synthesis.engine.gpt_sovits.t2s.sampling import Sampling
from tests.unit.gpt_sovits.upstream import FIXTURES

pytestmark = pytest.mark.shared

PROMPT = 41
GREEDY = Sampling(top_k=1)
Expected = dict[str, torch.Tensor]


def _full() -> T2S:
    recipe: dict[str, Any] = runpy.run_path(str(FIXTURES / "recipe.py"))
    shapes = json.loads((FIXTURES / "manifests" / "t2s_s1longer-v2.json").read_text("utf-8"))
    seed = recipe["SEED_WEIGHTS"]["t2s"]
    arrays = {name: np.asarray(recipe["weight"](name, tuple(shape), seed)) for name, (shape, _) in shapes.items()}
    arrays["model.ar_predict_layer.weight"] *= np.float32(4)
    return build_t2s(arrays, {"model": {"head": 16, "EOS": 1024}, "data": {"max_sec": 54}})


@pytest.fixture(scope="module", params=["t2s_small", "t2s_full"])
def case(request: pytest.FixtureRequest) -> tuple[T2S, Expected]:
    if request.param == "t2s_small":
        checkpoint = read_checkpoint(FIXTURES / "t2s_small.ckpt")
        model = build_t2s(checkpoint.tensors, checkpoint.config)
    else:
        model = _full()
    # Both were given the same inputs; only one file holds them.
    inputs = {
        k: v for k, v in load_file(FIXTURES / "t2s_small.safetensors").items() if k.startswith(("in.", "sample.q"))
    }
    expected = {**inputs, **load_file(FIXTURES / f"{request.param}.safetensors")}
    with safe_open(FIXTURES / f"{request.param}.safetensors", "pt") as file:
        names = json.loads(file.metadata()["param_order"])
    assert names == [name for name, _ in model.named_parameters()]
    return model, expected


def _request(expected: Expected, index: int, limit: int = 61, sampling: Sampling = GREEDY) -> Request:
    q = expected["sample.q"]
    noise = (lambda _: torch.ones(1025)) if sampling.top_k == 1 else (lambda step: q[step])
    phones, bert = expected[f"in.phones{index}"], expected[f"in.bert{index}"]
    return Request(phones, bert, expected["in.prompt"], noise, sampling, limit)


def test_greedy_tokens_equal_upstream(case: tuple[T2S, Expected]) -> None:
    model, expected = case
    packed = pack(model)
    for index in range(3):
        assert list(generate(packed, _request(expected, index))) == expected[f"greedy{index}.y"][PROMPT:].tolist()


def test_tokens_without_a_reference_equal_upstream(case: tuple[T2S, Expected]) -> None:
    model, expected = case
    request = _request(expected, 0)
    free = Request(request.phones, request.bert, request.prompt[:0], request.noise, request.sampling, 61)
    assert list(generate(model, free)) == expected["greedy_free.y"].tolist()


@pytest.mark.parametrize(
    ("name", "sampling"), [("sample", Sampling(15, 0.9, 0.8)), ("sample_norep", Sampling(5, 1, 1, 1))]
)
def test_drawn_tokens_equal_upstream(case: tuple[T2S, Expected], name: str, sampling: Sampling) -> None:
    model, expected = case
    tokens = list(generate(model, _request(expected, 0, 61, sampling)))
    assert tokens == expected[f"{name}.y"][PROMPT:].tolist()


def test_a_batch_equals_upstream(case: tuple[T2S, Expected]) -> None:
    model, expected = case
    tokens = generate_batch(model, [_request(expected, index, 60) for index in range(3)])
    assert tokens == [expected[f"batch{index}.y"][PROMPT:].tolist() for index in range(3)]


def test_the_end_equals_upstream(case: tuple[T2S, Expected]) -> None:
    model, expected = case
    weight = model.ar_predict_layer.weight.data
    before = weight[1024].clone()
    weight[1024] = 1.02 * weight[int(expected["eos.row_source"])]
    tokens = list(generate(model, _request(expected, 0)))
    weight[1024] = before
    assert tokens == expected["eos.y"][PROMPT:].tolist()


def test_logits_equal_upstream(case: tuple[T2S, Expected]) -> None:
    model, expected = case
    with torch.no_grad():
        logits = model(expected["in.phones0"][None], expected["in.bert0"][None], expected["greedy0.y"][None])[0]
    torch.testing.assert_close(logits[PROMPT - 1, :1024], expected["greedy0.first_logits"], rtol=0, atol=1e-4)
    torch.testing.assert_close(logits[PROMPT + 19], expected["greedy0.step20_logits"], rtol=0, atol=1e-4)


def test_the_stream_in_fixed_pieces_equals_upstream(case: tuple[T2S, Expected]) -> None:
    model, expected = case
    pieces = list(fixed_chunks(generate(model, _request(expected, 0)), 16))
    assert [len(piece) for piece in pieces] == expected["stream_fixed.lens"].tolist()
    assert list(chain.from_iterable(pieces)) == expected["stream_fixed.tokens"].tolist()


def test_the_stream_is_cut_in_silence_where_upstream_cuts_it_and_no_token_is_said_twice(
    case: tuple[T2S, Expected],
) -> None:
    model, expected = case
    similarity = mute_similarity(model)
    torch.testing.assert_close(similarity, expected["stream.mute_sim"], rtol=0, atol=1e-5)
    pieces = list(mute_chunks(generate(model, _request(expected, 0)), similarity, 16))
    assert list(chain.from_iterable(pieces)) == expected["greedy0.y"][PROMPT:].tolist()
    begin = 0
    theirs = expected["stream_mute.tokens"].tolist()
    for piece, length in zip(pieces, expected["stream_mute.lens"].tolist(), strict=True):
        # Theirs may run on beyond the cut, and begins the next piece at the cut again.
        assert piece == theirs[begin : begin + length][: len(piece)]
        begin += length


def _single(expected: Expected) -> Batch:
    tokens = expected["tf.semantic"][0, : int(expected["tf.semantic_lens"][0])]
    return Batch([expected["in.phones0"]], [expected["in.bert0"]], [tokens])


def _check(case: tuple[T2S, Expected], name: str, rejected: torch.Tensor | None) -> None:
    model, expected = case
    model.zero_grad()
    found = losses(model, _single(expected), None if rejected is None else [rejected])
    found.total.backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(found.total.detach()[None], expected[f"{name}.loss"], rtol=1e-5, atol=0)
    norms = torch.stack([p.grad.norm() for p in model.parameters() if p.grad is not None])
    torch.testing.assert_close(norms, expected[f"{name}.grad_norms"], rtol=1e-3, atol=1e-6)
    model.zero_grad()
    if rejected is None:
        assert found.among_three / found.tokens == pytest.approx(float(expected[f"{name}.acc"]), abs=1e-6)


def test_teacher_forced_loss_accuracy_and_gradients_equal_upstream(case: tuple[T2S, Expected]) -> None:
    _check(case, "tf_single", None)


@pytest.mark.parametrize("name", ["dpo_repeat", "dpo_lost"])
def test_preference_loss_and_gradients_equal_upstream(case: tuple[T2S, Expected], name: str) -> None:
    _check(case, name, case[1][f"{name}.reject"][0])
