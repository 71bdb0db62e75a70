"""Audibility over many clips, and against strength."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from bench.watermark import dnsmos
from bench.watermark.attacks import Array
from bench.watermark.clips import Clip, clips
from bench.watermark.detection import marked
from bench.watermark.keeping import Kept
from bench.watermark.quality import Quality, measure


def quality_table(
    folder: Path,
    split: str,
    seconds: float,
    count: int,
    mark: Callable[[Clip, int], Array] = marked,
    model: Path | None = None,
    kept: Kept | None = None,
    label: str = "",
) -> dict[str, Any]:
    """Mean and worst of every measure over ``count`` clips; DNSMOS when its ``model`` file is given.

    ``kept`` holds the results of clips that were measured before, and takes new ones; ``label`` tells those of one embedder from another's.
    """
    kept = kept or Kept(None)
    measured, moved = [], []
    for index, clip in enumerate(clips(folder, split, seconds, count)):
        step = f"{label}quality of {seconds:g} s, clip {index}"
        if step not in kept:
            sound = mark(clip, index)
            loss = None
            if model is not None:
                loss = dnsmos.overall(clip.samples, model) - dnsmos.overall(sound, model)
            kept.put(step, (asdict(measure(clip.samples, sound)), loss))
        values, loss = kept[step]
        measured.append(Quality(**values))
        if loss is not None:
            moved.append(loss)
    row: dict[str, Any] = {"seconds": seconds, "n": len(measured)}
    pesq = [q.pesq_wb for q in measured if q.pesq_wb is not None]
    stoi = [q.stoi for q in measured if q.stoi is not None]
    if pesq:
        row |= {"pesq_wb_mean": float(np.mean(pesq)), "pesq_wb_min": min(pesq)}
    if stoi:
        row |= {"stoi_mean": float(np.mean(stoi)), "stoi_min": min(stoi)}
    if moved:
        row |= {"dnsmos_loss_mean": float(np.mean(moved)), "dnsmos_loss_sd": float(np.std(moved))}
    over = [q.over_mask for q in measured]
    row |= {
        "si_sdr_db_mean": float(np.mean([q.si_sdr_db for q in measured])),
        "cells_over_mask_mean": float(np.mean(over)),
        "cells_over_mask_max": max(over),
        "cells_over_mask_loud_mean": float(np.mean([q.over_mask_loud for q in measured])),
        "cells_over_mask_loud_max": max(q.over_mask_loud for q in measured),
        "nmr_db_mean": float(np.mean([q.nmr_db for q in measured])),
    }
    return row
