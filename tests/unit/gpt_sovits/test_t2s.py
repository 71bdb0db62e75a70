"""The token model against itself, on a tiny random model made here."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from synthesis.engine.gpt_sovits.build import build_t2s
from synthesis.engine.gpt_sovits.errors import CheckpointError
from synthesis.engine.gpt_sovits.t2s.config import T2SConfig
from synthesis.engine.gpt_sovits.t2s.generate import Request, generate, generate_batch, seeded_noise
from synthesis.engine.gpt_sovits.t2s.model import T2S
from synthesis.engine.gpt_sovits.t2s.sampling import MIN_TOKENS, Sampling, Settings, choose, penalise

CONFIG = T2SConfig(width=16, heads=2, layers=2, inner=32, phones=40, vocabulary=21, bert=8, max_seconds=4)
CHECKPOINT_CONFIG = {"model": {"head": 2, "EOS": 20}, "data": {"max_sec": 4}}


def _arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    shapes = {name: tuple(tensor.shape) for name, tensor in T2S(CONFIG).state_dict().items()}
    return {f"model.{name}": rng.normal(0, 0.4, shape).astype(np.float16) for name, shape in shapes.items()}


@pytest.fixture(scope="module")
def model() -> T2S:
    return build_t2s(_arrays(), CHECKPOINT_CONFIG)


def _request(seed: int, phones: int = 7, prompt: int = 5) -> Request:
    generator = torch.Generator().manual_seed(seed)
    return Request(
        torch.randint(0, 40, (phones,), generator=generator),
        torch.randn(8, phones, generator=generator),
        torch.randint(0, 20, (prompt,), generator=generator),
        seeded_noise(seed, 21),
        Sampling(top_k=6, top_p=0.9),
        30,
    )


def test_the_same_seed_draws_the_same_tokens_and_another_draws_others(model: T2S) -> None:
    first = list(generate(model, _request(1)))
    assert first == list(generate(model, _request(1)))
    assert first != list(generate(model, _request(2)))


def test_a_batch_of_unequal_rows_draws_what_each_row_draws_alone(model: T2S) -> None:
    sizes = [(7, 5), (3, 9), (12, 0), (1, 1)]
    alone = [list(generate(model, _request(seed, *size))) for seed, size in enumerate(sizes)]
    together = generate_batch(model, [_request(seed, *size) for seed, size in enumerate(sizes)])
    assert together == alone


def test_the_cache_gives_the_logits_of_the_whole_sequence(model: T2S) -> None:
    request = _request(4)
    greedy = Request(request.phones, request.bert, request.prompt, lambda _: torch.ones(21), Sampling(1), 12)
    tokens = list(generate(model, greedy))
    with torch.no_grad():
        logits = model(
            request.phones[None], request.bert[None], torch.cat((request.prompt, torch.tensor(tokens)))[None]
        )
    seen = torch.zeros(1, 21, dtype=torch.bool)
    seen[0, request.prompt] = True
    for step, token in enumerate(tokens[:MIN_TOKENS]):
        expected = penalise(logits[:, 4 + step, :20], seen[:, :20], 1.35).argmax()
        assert token == int(expected)
        seen[0, token] = True


def test_eos_cannot_come_before_eleven_tokens_and_is_never_returned() -> None:
    arrays = _arrays()
    arrays["model.ar_predict_layer.weight"][:] = 0
    model = build_t2s(arrays, CHECKPOINT_CONFIG)
    tied = list(generate(model, Request(*_fields(), lambda _: torch.arange(21, 0, -1.0), Sampling(21), 30)))
    assert len(tied) == MIN_TOKENS
    assert 20 not in tied


def _fields() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    request = _request(5)
    return request.phones, request.bert, request.prompt


def test_top_p_drops_the_token_that_crosses_and_keeps_the_first() -> None:
    logits = torch.log(torch.tensor([[0.6, 0.3, 0.1]]))
    loud_last = torch.tensor([[1.0, 1e-6, 1e-6]])
    for top_p, expected in ((0.5, 0), (0.85, 0), (0.95, 1)):
        assert int(choose(logits, loud_last, Settings.of([Sampling(3, top_p)], 3))) == expected


def test_the_penalty_lowers_seen_tokens_of_either_sign() -> None:
    seen = torch.tensor([[True, True, False]])
    assert torch.allclose(penalise(torch.tensor([[2.0, -2.0, 1.0]]), seen, 2.0), torch.tensor([[1.0, -4.0, 1.0]]))


@pytest.mark.parametrize("spoil", ["missing", "surplus", "shape"])
def test_weights_that_do_not_fit_are_refused_by_name(spoil: str) -> None:
    arrays = _arrays()
    if spoil == "missing":
        del arrays["model.h.layers.1.norm2.bias"]
    elif spoil == "surplus":
        arrays["model.h.layers.1.extra"] = np.zeros(3, np.float32)
    else:
        arrays["model.h.layers.1.norm2.bias"] = np.zeros(17, np.float32)
    with pytest.raises(CheckpointError, match=r"h\.layers\.1") as raised:
        build_t2s(arrays, CHECKPOINT_CONFIG)
    assert raised.value.code == "checkpoint_shape"
