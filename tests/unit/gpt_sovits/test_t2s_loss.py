"""What the token model learns from: padding changes nothing, spoilt readings are worse in the ways meant."""

from __future__ import annotations

import pytest
import torch

from synthesis.engine.gpt_sovits.t2s.config import T2SConfig
from synthesis.engine.gpt_sovits.t2s.loss import Batch, losses, spoil
from synthesis.engine.gpt_sovits.t2s.model import T2S

CONFIG = T2SConfig(width=16, heads=2, layers=2, inner=32, phones=40, vocabulary=21, bert=8, max_seconds=4)


@pytest.fixture(scope="module")
def model() -> T2S:
    torch.manual_seed(3)
    model = T2S(CONFIG)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, 0, 0.3)
    return model


def _ragged() -> Batch:
    g = torch.Generator().manual_seed(1)
    sizes = [(9, 12), (4, 20), (15, 5)]
    return Batch(
        [torch.randint(0, 40, (n,), generator=g) for n, _ in sizes],
        [torch.randn(8, n, generator=g) for n, _ in sizes],
        [torch.randint(0, 20, (n,), generator=g) for _, n in sizes],
    )


def test_rows_of_a_ragged_batch_have_the_losses_they_have_alone(model: T2S) -> None:
    batch = _ragged()
    rejected = [spoil(tokens, torch.Generator().manual_seed(2)) for tokens in batch.tokens]
    for worse in (None, rejected):
        together = losses(model, batch, worse)
        alone = [
            losses(
                model,
                Batch(batch.phones[i : i + 1], batch.features[i : i + 1], batch.tokens[i : i + 1]),
                worse and worse[i : i + 1],
            )
            for i in range(3)
        ]
        torch.testing.assert_close(together.total, torch.stack([one.total for one in alone]).sum(), rtol=1e-5, atol=0)
        assert together.tokens == 40
        assert together.among_three == sum(one.among_three for one in alone)


def test_training_and_generating_see_the_same_logits(model: T2S) -> None:
    batch = _ragged()
    with torch.no_grad():
        taught = model.teach(batch.phones, batch.features, batch.tokens)
        for row in range(3):
            whole = model(batch.phones[row][None], batch.features[row][None], batch.tokens[row][None])[0]
            torch.testing.assert_close(taught[row, 1 : 1 + len(whole)], whole, rtol=0, atol=1e-5)


def test_a_spoilt_reading_repeats_or_loses_a_span_and_keeps_its_ends() -> None:
    tokens = torch.arange(30)
    lengths = set()
    for seed in range(40):
        spoilt = spoil(tokens, torch.Generator().manual_seed(seed))
        lengths.add(len(spoilt) > 30)
        assert len(spoilt) != 30
        assert int(spoilt[0]) == 0
        assert int(spoilt[-1]) == 29
        jumps = (spoilt[1:] - spoilt[:-1] != 1).sum()
        assert int(jumps) == 1
    assert lengths == {True, False}
    assert torch.equal(spoil(tokens[:2], torch.Generator()), tokens[:2])
