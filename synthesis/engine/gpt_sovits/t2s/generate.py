"""Drawing tokens for one request or a batch; each row depends on its own arguments only.

Where upstream loses or keeps a token by accident at a stop, this does not: exactly the drawn tokens are returned, without EOS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.t2s.cache import KeyValueCache
from synthesis.engine.gpt_sovits.t2s.config import TOKENS_PER_SECOND
from synthesis.engine.gpt_sovits.t2s.model import T2S
from synthesis.engine.gpt_sovits.t2s.sampling import MIN_TOKENS, Sampling, choose, penalise

MAX_POSITIONS = 4096

Noise = Callable[[int], Tensor]
"""Step to draws of Exp(1), one per token of the vocabulary."""


@dataclass(frozen=True, eq=False)
class Request:
    """All that one utterance depends on.

    Attributes:
        phones: symbol ids of reference and target, ``[T]``.
        bert: features per phone, ``[bert, T]``; zeros where the language has none.
        prompt: tokens of the reference, ``[P]``; P = 0 speaks without a reference.
        noise: see ``Noise``; ``seeded_noise`` makes one.
        sampling: how to choose.
        max_tokens: at most this many; None is what the model was trained for.
    """

    phones: Tensor
    bert: Tensor
    prompt: Tensor
    noise: Noise
    sampling: Sampling = field(default_factory=Sampling)
    max_tokens: int | None = None


def seeded_noise(seed: int, vocabulary: int) -> Noise:
    """Noise that the same seed repeats. Steps are asked for in order, each once."""
    generator = torch.Generator().manual_seed(seed)

    def draw(_step: int) -> Tensor:
        return torch.empty(vocabulary).exponential_(generator=generator).clamp_min_(1e-10)

    return draw


def generate(model: T2S, request: Request) -> Iterator[int]:
    """Tokens of one request, each as soon as it is drawn.

    Raises:
        EngineError: ``text_too_long`` when text, prompt and ``max_tokens`` do not fit the model's positions.
    """
    for drawn in _run(model, [request]):
        yield from (token for _, token in drawn)


def generate_batch(model: T2S, requests: Sequence[Request]) -> list[list[int]]:
    """Tokens of each request, computed together.

    Raises:
        EngineError: as ``generate``.
    """
    results: list[list[int]] = [[] for _ in requests]
    for drawn in _run(model, requests):
        for index, token in drawn:
            results[index].append(token)
    return results


@dataclass
class _Row:
    index: int
    request: Request
    limit: int
    length: int
    seen: Tensor
    drawn: int = 0


def _limit(model: T2S, request: Request) -> int:
    limit = request.max_tokens or TOKENS_PER_SECOND * model.config.max_seconds
    if len(request.phones) == 0 or len(request.phones) + len(request.prompt) + limit > MAX_POSITIONS:
        raise EngineError("text_too_long", f"Phones, reference and tokens together exceed {MAX_POSITIONS} positions.")
    return limit


def _row(model: T2S, index: int, request: Request, device: torch.device) -> _Row:
    seen = torch.zeros(model.config.vocabulary, dtype=torch.bool, device=device)
    seen[request.prompt] = True
    length = len(request.phones) + len(request.prompt)
    return _Row(index, request, _limit(model, request), length, seen)


@torch.inference_mode()
def _run(model: T2S, requests: Sequence[Request]) -> Iterator[list[tuple[int, int]]]:
    weight = model.bert_proj.weight
    rows = [_row(model, index, request, weight.device) for index, request in enumerate(requests)]
    longest = max(row.length for row in rows)
    capacity = longest + max(row.limit for row in rows)
    cache = KeyValueCache(model.config, len(rows), capacity, dtype=weight.dtype, device=weight.device)
    texts = [model.embed_text(request.phones[None], request.bert[None])[0] for request in requests]
    logits = model.prefill(texts, [request.prompt for request in requests], cache)
    # Positions of the cache that a row may see; the pads of shorter rows never become visible.
    visible = torch.ones(len(rows), capacity, dtype=torch.bool, device=weight.device)
    for index, row in enumerate(rows):
        visible[index, : longest - row.length] = False
    padded = len({row.length for row in rows}) > 1
    while True:
        tokens, going = _draw(model, rows, logits)
        yield [(rows[index].index, int(tokens[index])) for index in going]
        going = [index for index in going if rows[index].drawn < rows[index].limit]
        if not going:
            return
        if len(going) < len(rows):
            kept = torch.tensor(going, device=weight.device)
            cache.keep(kept)
            rows, tokens, visible = [rows[index] for index in going], tokens[kept], visible[kept]
        positions = torch.tensor([len(row.request.prompt) + row.drawn - 1 for row in rows], device=weight.device)
        mask = visible[:, None, None, : cache.length + 1] if padded else None
        logits = model.step(tokens, positions, mask, cache)


def _draw(model: T2S, rows: list[_Row], logits: Tensor) -> tuple[Tensor, list[int]]:
    """One token per row, and the rows that did not end."""
    eos = model.config.eos
    tokens = torch.empty(len(rows), dtype=torch.long, device=logits.device)
    going = []
    for index, row in enumerate(rows):
        # Without EOS among the candidates at first, so that an utterance is never empty.
        width = eos if row.drawn < MIN_TOKENS else model.config.vocabulary
        options = row.request.sampling
        penalised = penalise(logits[index : index + 1, :width], row.seen[None, :width], options.repetition_penalty)
        noise = row.request.noise(row.drawn)[None, :width].to(logits.device)
        tokens[index] = choose(penalised, noise, options)[0]
        row.drawn += 1
        row.seen[tokens[index]] = True
        if int(tokens[index]) != eos and int(penalised.argmax()) != eos:
            going.append(index)
    return tokens, going
