"""From tokens that keep coming to sound that keeps coming.

The prior encoder sees all tokens so far: it is a twentieth of the work, and looks far. Flow and generator, which are the rest,
see a window: what is new, and as much before it as reaches into it. The newest tokens are held back until the next
ones have been seen, since what follows a token shapes its sound.
"""

from __future__ import annotations

import torch
from torch import Tensor


def blended(features: Tensor, before: Tensor) -> Tensor:
    """Features whose beginning fades over from those that an earlier chunk gave for the same frames, as upstream does.

    Args:
        features: ``[B, C, T]``.
        before: ``[B, C, N]``, for the first N frames.
    """
    count = before.shape[-1]
    window = torch.sin(torch.arange(2 * count, device=features.device) * torch.pi / (2 * count)).to(features.dtype)
    joined = features.clone()
    joined[:, :, :count] = window[:count] * features[:, :, :count] + window[count:] * before
    return joined
