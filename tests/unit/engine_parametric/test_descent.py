"""Our optimiser moves as torch's does, and does not bring torch's compiler in."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from synthesis.engine.parametric.descent import AdamW


def test_steps_are_those_of_torch() -> None:
    mine = torch.nn.Parameter(torch.linspace(-2, 2, 15).reshape(5, 3))
    theirs = torch.nn.Parameter(mine.detach().clone())
    ours, reference = AdamW([mine], weight_decay=0.1), torch.optim.AdamW([theirs], weight_decay=0.1)
    for step in range(1, 12):
        rate = 0.05 / step
        (mine**3 + mine).sum().backward()  # type: ignore[no-untyped-call]
        ours.step(rate)
        reference.param_groups[0]["lr"] = rate
        reference.zero_grad()
        (theirs**3 + theirs).sum().backward()  # type: ignore[no-untyped-call]
        reference.step()
    assert mine.grad is None
    torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-7)


def test_a_parameter_without_a_gradient_is_an_error() -> None:
    with pytest.raises(ValueError, match="no gradient"):
        AdamW([torch.nn.Parameter(torch.ones(2))], weight_decay=0.0).step(0.1)


def test_learning_a_voice_imports_no_compiler() -> None:
    program = "import sys, synthesis.engine.parametric.enrolment; assert 'torch._dynamo' not in sys.modules"
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True)
