"""Train the detector: ``python -m safeguards.detector.train --speech DIR --spoofs DIR --cache DIR [--families DIR]``.

Perceptrons over window statistics. ``--spoofs`` is filled by ``python -m safeguards.detector.copies`` (PyPI packages alone) and, for
text-to-speech, by ``python -m bench.detector.make_spoofs``. Writes ``detector.safetensors``, ``detector.json`` (calibration,
operating points) and ``detector-data.csv`` (every file with its digest and its part).

``--prepare I/N`` only fills that share of the cache. ``--families`` trains once for each fold of families with that fold left out, and
writes how it scored what it never met into a file of that folder, unless it is there; nothing is published then. Copies by vocoders
trained here are left out with the architecture that they share, unless ``--keep-neural`` is given: then the systems left out were
never met, but their architecture was.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from safeguards.detector.channels import BAND_CHANNELS
from safeguards.detector.copies import BEGINNING, VARIETY
from safeguards.detector.dataset import BAND, FOLDS, TELEPHONE, Clip, Table, clips, family_fold, tabulate, voice_part
from safeguards.detector.fitting import (
    Recipe,
    Tensors,
    calibrated,
    even_weights,
    fit,
    lines_of,
    publish,
    quantile,
    write_data_list,
)
from safeguards.detector.margins import highest
from safeguards.detector.model import Line, perceive

VERSION = "detector-5"
_OFTEN, _SELDOM = 5, 2  # how often a person's piece is seen, besides by telephone
_MANY = 25  # pieces from which a person's clips are seen seldom
_MISSES = 0.05
_STEPS, _NETS = 2500, 2


def learn(
    table: Table, chosen: NDArray[np.bool_], recipe: Recipe, store: Path | None = None
) -> tuple[Tensors, dict[str, Line]]:
    """Train on the chosen examples of training voices; calibrate on those of calibration voices that no channel of the band carried."""
    tensors = fit(table, chosen & (table.parts == "train"), recipe, store)
    scores = table.per_example(perceive(tensors, table.numbers))
    part = np.flatnonzero(chosen & (table.parts == "calibrate") & (np.array(table.variants) < BAND))
    weights = even_weights([table.clips[place].system or table.clips[place].voice for place in part])
    return tensors, lines_of(scores[part], table.synthetic[part], [table.channels[place] for place in part], weights)


def variants(used: Sequence[Clip]) -> list[tuple[int, ...]]:
    """How each clip is to be seen: 0 as it is, others after journeys or by telephone. People of whom there is little come oftener.

    People of the calibration part are also heard over every channel of the band.
    """
    pieces = Counter(clip.voice for clip in used if not clip.synthetic)

    def of(clip: Clip) -> tuple[int, ...]:
        if voice_part(clip.voice) == "test":
            return (0, 1, TELEPHONE)
        if clip.synthetic:
            return (0, 1, 2, TELEPHONE)
        over = range(BAND, BAND + len(BAND_CHANNELS)) if voice_part(clip.voice) == "calibrate" else ()
        if pieces[clip.voice] > _MANY:
            return (*range(_SELDOM), TELEPHONE, *over)
        return (*range(_OFTEN), TELEPHONE, TELEPHONE + 1, *over)

    return [of(clip) for clip in used]


def band(table: Table, odds: NDArray[np.float64]) -> float:
    """The log odds above which something is called synthetic (:func:`safeguards.detector.margins.highest`).

    Telephone calls are one channel, journeys another, beside those of the band.
    """
    people = np.flatnonzero(~table.synthetic & (table.parts == "calibrate"))
    variants = np.array(table.variants)[people]
    channels = np.where(variants >= BAND, variants, np.where(variants >= TELEPHONE, TELEPHONE, np.minimum(variants, 1)))
    return highest(odds[people], channels, [table.clips[place].voice for place in people])


def without_family(table: Table, fold: int, recipe: Recipe, *, keep_neural: bool = False) -> list[dict[str, Any]]:
    """Calibrated log odds of test voices' human speech, and of a fold's systems, by a model that never met those systems.

    A synthetic voice counts as unseen unless training heard it by another system. What is made for variety alone is left out with its
    family, and not scored; nor are copies by vocoders trained here, but in the fold that holds nothing else.
    """
    ours = np.array([clip.system.startswith(BEGINNING) for clip in table.clips])
    left_out = np.array([clip.synthetic and family_fold(clip.system) == fold for clip in table.clips])
    if keep_neural:
        left_out &= ~ours
    scored = left_out & (~ours | (fold == len(FOLDS) - 1))
    tensors, lines = learn(table, ~left_out, recipe)
    odds = calibrated(lines, table.per_example(perceive(tensors, table.numbers)), table.channels)
    heard = {clip.voice for clip, out in zip(table.clips, left_out, strict=True)
             if not out and voice_part(clip.voice) == "train"}  # fmt: skip
    return [
        {"fold": fold, "families": list(FOLDS[fold]), "system": clip.system, "voice": clip.voice,
         "variant": table.variants[place], "log_odds": float(odds[place])}
        for place, clip in enumerate(table.clips)
        if (not clip.synthetic and voice_part(clip.voice) == "test") or (scored[place] and clip.voice not in heard and clip.system not in VARIETY)
    ]  # fmt: skip


def main() -> None:
    """Prepare, or leave families out, or train, calibrate and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--spoofs", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="folder for statistics, to be used again")
    parser.add_argument("--out", type=Path, default=Path("safeguards/detector/weights"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--prepare", metavar="I/N")
    parser.add_argument("--families", type=Path, metavar="DIR")
    parser.add_argument(
        "--keep-neural", action="store_true", help="with --families: copies by vocoders trained here stay in training"
    )
    parser.add_argument(
        "--store", type=Path, metavar="DIR", help="keeps each net when it is done; of these examples alone"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    used = clips(arguments.speech, arguments.spoofs)
    counts = variants(used)
    if arguments.prepare:
        share, shares = map(int, arguments.prepare.split("/"))
        used, counts = used[share::shares], counts[share::shares]
    table = tabulate(used, counts, arguments.seed, cache=arguments.cache)
    if arguments.prepare:
        return
    recipe = Recipe(seed=arguments.seed, steps=_STEPS, nets=_NETS)
    if arguments.families:
        arguments.families.mkdir(parents=True, exist_ok=True)
        for fold in range(len(FOLDS) - arguments.keep_neural):
            place = arguments.families / f"fold{fold}.json"
            met = any(clip.synthetic and family_fold(clip.system) == fold for clip in table.clips)
            if met and not place.exists():
                found = without_family(table, fold, replace(recipe, nets=1), keep_neural=arguments.keep_neural)
                place.write_text(json.dumps(found), encoding="utf-8")
        return
    tensors, lines = learn(table, np.ones(len(table.clips), dtype=np.bool_), recipe, arguments.store)
    odds = calibrated(lines, table.per_example(perceive(tensors, table.numbers)), table.channels)
    above = band(table, odds)
    machines = np.flatnonzero(table.synthetic & (table.parts == "calibrate"))
    odds = odds[machines]
    below = quantile(odds, even_weights([table.clips[place].system for place in machines]), _MISSES)
    publish(arguments.out, "detector", VERSION, tensors, True, lines, above, below)
    write_data_list(arguments.out / "detector-data.csv", used)


if __name__ == "__main__":
    main()
