"""Adding the mark without pushing any peak over full scale."""

from __future__ import annotations

import numpy as np

from safeguards.watermark.layout import Array


def limiter_reach(sample_rate: int) -> int:
    """Samples on each side over which the mark is turned down around a peak: 5 ms held, then 5 ms of fade (twice this in all)."""
    return max(1, round(0.005 * sample_rate))


def add_without_clipping(samples: Array, added: Array, sample_rate: int) -> Array:
    """Return ``samples + added`` (``[channels, time]``), with ``added`` turned down where the sum would pass full scale.

    A sample that was over full scale before is left no louder than it was.
    """
    ceiling = np.maximum(np.abs(samples), np.float32(1))
    total = samples + added
    over = np.abs(total) > ceiling
    if not over.any():
        return total
    room = np.where(over, (ceiling - np.abs(samples)) / np.maximum(np.abs(added), 1e-12), 1.0).min(axis=0)
    # The smallest share is held, then averaged over the same span: smooth, and never above what the peak allows.
    reach = limiter_reach(sample_rate)
    wide = np.pad(room, 2 * reach, constant_values=1.0)
    held = np.lib.stride_tricks.sliding_window_view(wide, 2 * reach + 1).min(axis=1)
    share = np.convolve(held, np.full(2 * reach + 1, 1 / (2 * reach + 1)), mode="valid")
    limited = samples + (np.clip(share, 0, 1) * added).astype(np.float32)
    return np.clip(limited, -ceiling, ceiling)
