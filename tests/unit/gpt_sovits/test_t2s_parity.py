"""The token model against upstream's outputs for random weights."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from synthesis.engine.gpt_sovits.build import build_t2s
from synthesis.engine.gpt_sovits.checkpoints import read_checkpoint
from synthesis.engine.gpt_sovits.t2s.generate import Request, generate, generate_batch
from synthesis.engine.gpt_sovits.t2s.model import T2S
from synthesis.engine.gpt_sovits.t2s.sampling import Sampling

pytestmark = pytest.mark.shared

SHARED = Path(os.environ.get("VIVAVOCE_SHARED", Path(__file__).parents[4] / "shared"))
FIXTURES = SHARED / "gpt_sovits" / "fixtures"
PROMPT = 41


@pytest.fixture(scope="module")
def expected() -> dict[str, torch.Tensor]:
    return load_file(FIXTURES / "t2s_small.safetensors")


@pytest.fixture
def model() -> T2S:
    checkpoint = read_checkpoint(FIXTURES / "t2s_small.ckpt")
    return build_t2s(checkpoint.tensors, checkpoint.config)


def _request(expected: dict[str, torch.Tensor], index: int, limit: int, sampling: Sampling) -> Request:
    q = expected["sample.q"]
    noise = (lambda _: torch.ones(1025)) if sampling.top_k == 1 else (lambda step: q[step])
    phones, bert = expected[f"in.phones{index}"], expected[f"in.bert{index}"]
    return Request(phones, bert, expected["in.prompt"], noise, sampling, limit)


@pytest.mark.parametrize("index", range(3))
def test_greedy_tokens_equal_upstream(model: T2S, expected: dict[str, torch.Tensor], index: int) -> None:
    request = _request(expected, index, 61, Sampling(top_k=1))
    assert list(generate(model, request)) == expected[f"greedy{index}.y"][PROMPT:].tolist()


def test_tokens_without_a_reference_equal_upstream(model: T2S, expected: dict[str, torch.Tensor]) -> None:
    request = _request(expected, 0, 61, Sampling(top_k=1))
    free = Request(request.phones, request.bert, request.prompt[:0], request.noise, request.sampling, 61)
    assert list(generate(model, free)) == expected["greedy_free.y"].tolist()


@pytest.mark.parametrize(
    ("name", "sampling"), [("sample", Sampling(15, 0.9, 0.8)), ("sample_norep", Sampling(5, 1, 1, 1))]
)
def test_drawn_tokens_equal_upstream(
    model: T2S, expected: dict[str, torch.Tensor], name: str, sampling: Sampling
) -> None:
    assert list(generate(model, _request(expected, 0, 61, sampling))) == expected[f"{name}.y"][PROMPT:].tolist()


def test_a_batch_equals_upstream(model: T2S, expected: dict[str, torch.Tensor]) -> None:
    tokens = generate_batch(model, [_request(expected, index, 60, Sampling(top_k=1)) for index in range(3)])
    assert tokens == [expected[f"batch{index}.y"][PROMPT:].tolist() for index in range(3)]


def test_the_end_equals_upstream(model: T2S, expected: dict[str, torch.Tensor]) -> None:
    weight = model.ar_predict_layer.weight.data
    weight[1024] = 1.02 * weight[int(expected["eos.row_source"])]
    tokens = list(generate(model, _request(expected, 0, 61, Sampling(top_k=1))))
    assert tokens == expected["eos.y"][PROMPT:].tolist()


def test_logits_equal_upstream(model: T2S, expected: dict[str, torch.Tensor]) -> None:
    with torch.no_grad():
        logits = model(expected["in.phones0"][None], expected["in.bert0"][None], expected["greedy0.y"][None])[0]
    torch.testing.assert_close(logits[PROMPT - 1, :1024], expected["greedy0.first_logits"], rtol=0, atol=1e-4)
    torch.testing.assert_close(logits[PROMPT + 19], expected["greedy0.step20_logits"], rtol=0, atol=1e-4)
