"""The token model's decode step as ONNX, with a static cache.

The cache is an input and the new row of it an output, of one token's width: nothing grows and nothing large is copied.
A runtime keeps the cache in memory of its own (I/O binding) and writes each new row into it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from synthesis.engine.gpt_sovits.t2s.model import T2S, sine_table
from synthesis.engine.gpt_sovits.t2s.request import MAX_POSITIONS

OPSET: Final = 18
INPUTS: Final = ("token", "place", "length", "keys", "values")
OUTPUTS: Final = ("logits", "new_keys", "new_values")


class Step(nn.Module):
    """One step over a cache of ``room`` positions.

    Shapes: ``token``, ``place`` (its audio position) and ``length`` (positions filled) ``[1]`` int64; ``keys`` and
    ``values`` ``[layers, heads, room, head]``; out: ``logits`` ``[1, vocabulary]``, ``new_keys`` and ``new_values``
    ``[layers, heads, 1, head]``, to be written at ``length``.
    """

    def __init__(self, model: T2S, room: int) -> None:
        super().__init__()
        self.model = model
        self.room = room
        places = model.ar_audio_position.alpha.detach() * sine_table(MAX_POSITIONS, model.config.width)
        self.register_buffer("places", places, persistent=False)
        self.register_buffer("every", torch.arange(room), persistent=False)

    def forward(
        self, token: Tensor, place: Tensor, length: Tensor, keys: Tensor, values: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """See the class."""
        heads = self.model.config.heads
        places, every = self.get_buffer("places"), self.get_buffer("every")
        x = self.model.ar_audio_embedding(token) + places[place]
        hidden = torch.where(every < length, 0.0, -torch.inf)[None, None]  # [1, 1, room]
        new_keys, new_values = [], []
        for index, block in enumerate(self.model.blocks):
            attention = block.self_attn
            projected = F.linear(x, attention.in_proj_weight, attention.in_proj_bias)
            q, k, v = projected.view(3, heads, 1, -1).unbind(0)
            new_keys.append(k)
            new_values.append(v)
            scale = q.shape[-1] ** -0.5
            # The new position is not in the cache yet: its score is put beside those of the others.
            past = (q * scale) @ keys[index].transpose(1, 2) + hidden
            own = (q * scale * k).sum(-1, keepdim=True)
            share = torch.softmax(torch.cat((past, own), -1), -1)
            mixed = share[..., :-1] @ values[index] + share[..., -1:] * v
            x = block.norm1(x + attention.out_proj(mixed.reshape(1, -1)))
            x = block.norm2(x + block.linear2(F.relu(block.linear1(x))))
        logits = self.model.ar_predict_layer(x)
        return logits, torch.stack(new_keys), torch.stack(new_values)


def export_step(model: T2S, room: int, path: Path) -> None:
    """Write the step as an ONNX file.

    Args:
        model: in single precision, on the processor.
        room: positions of the cache, at most 4096.
        path: of the file.

    Raises:
        ValueError: when ``room`` is out of range.
    """
    if not 1 <= room <= MAX_POSITIONS:
        raise ValueError(f"room is between 1 and {MAX_POSITIONS}")
    config = model.config
    cache = torch.zeros(config.layers, config.heads, room, config.width // config.heads)
    one = torch.ones(1, dtype=torch.long)
    torch.onnx.export(
        Step(model, room).eval(),
        (one, one, one, cache, cache.clone()),
        path,
        input_names=list(INPUTS),
        output_names=list(OUTPUTS),
        opset_version=OPSET,
        dynamo=False,
    )
