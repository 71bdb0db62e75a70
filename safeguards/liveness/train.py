"""Train the nets of liveness: ``python -m safeguards.liveness.train --speech DIR --cache DIR [--only NET] [--devices DIR] [--prepare I/N]``.

Human speech of the corpus, by the detector's split of voices, made into live captures, replays and splices by ``presentation``.
Writes ``replay`` and ``splice`` (``.safetensors``, ``.json``). ``--devices`` trains once for each of four devices with that device left
out, and writes how test voices scored into a file of that folder, unless it is there; nothing is published then.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from safeguards.detector.channels import journey
from safeguards.detector.codecs import TRAINING
from safeguards.detector.dataset import Clip, Described, Table, clips, voice_part
from safeguards.detector.features import channel_class, observe, spoken_frames
from safeguards.detector.fitting import Recipe, Tensors, calibrated, even_weights, fit, platt, publish, quantile
from safeguards.detector.model import CHANNELS, Line, perceive
from safeguards.liveness.presentation import (
    LOUDSPEAKERS,
    SPLICES,
    Samples,
    captured,
    cut_into_words,
    live,
    replay,
    splice,
)
from safeguards.liveness.replay_statistics import describe_replay, observe_replay
from safeguards.liveness.splice_statistics import describe_splice, observe_splice

LIVE, WHOLE = "", ""
_FALSE_ALARMS, _MISSES = 0.01, 0.05
_LEFT_OUT = 4  # phone, laptop, Bluetooth, tablet
_CODED = 0.3  # share of recordings that passed a codec afterwards
_TURNS = 4  # how often a recording is heard, and cut together in each kind
_MOST_PIECES = {"replay": 2, "splice": 2}  # of one voice
_VERSIONS = {"replay": "replay-5", "splice": "splice-3.1"}
Presented = tuple[str, Samples]  # attack species, or empty for genuine


def replays(clip: Clip) -> Iterator[Presented]:
    """Live three times and over every device, all through some microphone's rate."""
    samples = clip.samples()
    for turn in range(3):
        rng = clip.generator("live", turn)
        yield LIVE, captured(live(samples, rng), rng)
    for device in LOUDSPEAKERS:
        rng = clip.generator(device.name)
        yield device.name, captured(replay(samples, device, rng), rng)


def splices(clip: Clip, others: Sequence[Clip]) -> Iterator[Presented]:
    """A recording whole, as kept and as captured; and its words put together anew, in each kind of splice, several times.

    Half of the splices take words from another recording of the same voice as well.
    """
    samples = clip.samples()
    yield WHOLE, samples
    for turn in range(_TURNS):
        yield from _splices(samples, others, clip.generator("splice", turn))


def splices_among(everybody: Sequence[Clip]) -> Callable[[Clip], Iterator[Presented]]:
    """:func:`splices` of a clip, with the other clips of its voice among ``everybody``."""
    return lambda clip: splices(clip, [one for one in everybody if one.voice == clip.voice and one != clip])


def _splices(samples: Samples, others: Sequence[Clip], rng: np.random.Generator) -> Iterator[Presented]:
    yield WHOLE, live(samples, rng)
    yield WHOLE, _sent(live(samples, rng), rng)
    for kind in SPLICES:
        source = samples if rng.random() < 0.3 else live(samples, rng)
        words = cut_into_words(source, rng)
        if rng.random() < 0.5 and others:
            other = others[int(rng.integers(len(others)))].samples()
            more = cut_into_words(live(other, rng) if rng.random() < 0.7 else other, rng)
            words = [pair for two in zip(words, more, strict=False) for pair in two][: len(words)]
        if len(words) < 3:
            continue
        joined = splice(words, rng, kind)
        yield kind, _sent(joined, rng)


def _sent(samples: Samples, rng: np.random.Generator) -> Samples:
    if rng.random() > _CODED:
        return samples
    return journey(samples, rng, TRAINING[:4]) if rng.random() < 0.5 else samples


def tabulate(
    people: Sequence[Clip],
    present: Callable[[Clip], Iterator[Presented]],
    name: str,
    *,
    pauses: bool,
    cache: Path | None,
) -> Table:
    """Statistics of everything that is presented; the attack species stands in a clip's ``system``."""
    rows, owners, channels = [], [], []
    for clip in people:
        for species, channel, block in _cached(clip, present, name, pauses, cache):
            rows.append(block)
            owners.append(replace(clip, system=species))
            channels.append(channel)
    owner = np.repeat(np.arange(len(rows)), [len(block) for block in rows])
    return Table(np.concatenate(rows).astype(np.float32), owner, tuple(owners), (0,) * len(rows), tuple(channels))


def _cached(
    clip: Clip, present: Callable[[Clip], Iterator[Presented]], name: str, pauses: bool, cache: Path | None
) -> list[tuple[str, *Described]]:
    place = None if cache is None else cache / f"{name}-{clip.path.stem}-{clip.voice}-{clip.start_s:g}.npz"
    if place is not None and place.exists():
        with np.load(place) as stored:
            return [(key.split("|")[1], key.split("|")[2], stored[key]) for key in sorted(stored.files)]
    found: list[tuple[str, *Described]] = []
    for species, samples in present(clip):
        features = observe(samples)
        spoken = spoken_frames(samples, len(features))
        numbers = (
            describe_splice(observe_splice(samples, features), False)
            if pauses
            else describe_replay(observe_replay(samples, features)[spoken], False)
        )
        block = numbers.astype(np.float16)
        found.append((species, channel_class(features[spoken]), block))
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(f".{os.getpid()}.part.npz")
        content: dict[str, Any] = {
            f"{number:02d}|{species}|{channel}": block for number, (species, channel, block) in enumerate(found)
        }
        np.savez(part, **content)
        part.replace(place)
    return found


def by_odds(table: Table, outputs: np.ndarray[Any, np.dtype[np.float32]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """:func:`safeguards.liveness.splice_statistics.together` of each example's windows."""
    return np.log(table.per_example(np.exp(outputs)))


Pool = Callable[[Table, np.ndarray[Any, np.dtype[np.float32]]], np.ndarray[Any, np.dtype[np.float64]]]
POOLS: dict[str, Pool] = {"replay": Table.per_example, "splice": by_odds}
"""What all windows of each example say together, by net; as ``assess`` has it."""


def learn(table: Table, without: str | None, recipe: Recipe, pool: Pool) -> tuple[Tensors, dict[str, Line]]:
    """Train without one species, and calibrate on calibration voices; one calibration for all channels."""
    kept = np.array([clip.system != without for clip in table.clips])
    tensors = fit(table, kept & (table.parts == "train"), recipe)
    part = np.flatnonzero(kept & (table.parts == "calibrate"))
    scores = pool(table, perceive(tensors, table.numbers))[part]
    weights = even_weights([f"{table.clips[place].system}/{table.clips[place].voice}" for place in part])
    line = platt(scores, table.synthetic[part], weights)
    return tensors, dict.fromkeys(CHANNELS, line)


def odds_of(
    table: Table, tensors: Tensors, lines: dict[str, Line], pool: Pool
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Calibrated log odds of each example."""
    return calibrated(lines, pool(table, perceive(tensors, table.numbers)), table.channels)


def left_out(table: Table, device: str, recipe: Recipe) -> list[dict[str, Any]]:
    """Log odds of test voices live and by a device, from nets that never met it."""
    pool = POOLS["replay"]
    odds = odds_of(table, *learn(table, device, recipe, pool), pool)
    return [
        {"device": device, "species": clip.system, "voice": clip.voice, "log_odds": float(value)}
        for clip, value in zip(table.clips, odds, strict=True)
        if voice_part(clip.voice) == "test" and clip.system in {LIVE, device}
    ]


def people_of(speech: Path, most: int) -> list[Clip]:
    """Up to so many pieces of every voice."""
    counts: dict[str, int] = {}
    chosen = []
    for clip in clips(speech, None):
        if not clip.synthetic and clip.source != "fsdd" and counts.get(clip.voice, 0) < most:
            counts[clip.voice] = counts.get(clip.voice, 0) + 1
            chosen.append(clip)
    return chosen


def options(description: str | None) -> argparse.ArgumentParser:
    """What every training of this room asks for."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--out", type=Path, default=Path("safeguards/liveness/weights"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--prepare", metavar="I/N")
    return parser


def main() -> None:
    """Prepare, or leave devices out, or train both nets and write them."""
    parser = options(__doc__)
    parser.add_argument("--devices", type=Path, metavar="DIR")
    parser.add_argument("--only", choices=tuple(_VERSIONS), nargs="*", default=list(_VERSIONS))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    everybody = people_of(arguments.speech, _MOST_PIECES["splice"])

    words = splices_among(everybody)
    recipe = Recipe(seed=arguments.seed)
    for name in arguments.only:
        people = people_of(arguments.speech, _MOST_PIECES[name])
        if arguments.prepare:
            place, count = map(int, arguments.prepare.split("/"))
            people = people[place::count]
        if name == "replay":
            table = tabulate(people, replays, "replay-low", pauses=False, cache=arguments.cache)
        else:
            table = tabulate(people, words, "splice-junctions", pauses=True, cache=arguments.cache)
        if arguments.devices and name == "replay":
            without_devices(table, arguments.devices, replace(recipe, nets=1))
        elif not arguments.prepare and not arguments.devices:
            finish(table, name, arguments.out, recipe)


def without_devices(table: Table, folder: Path, recipe: Recipe) -> None:
    """Each device left out, unless its file is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for device in LOUDSPEAKERS[:_LEFT_OUT]:
        target = folder / f"{device.name}.json"
        if not target.exists():
            target.write_text(json.dumps(left_out(table, device.name, recipe)), encoding="utf-8")


def finish(table: Table, name: str, out: Path, recipe: Recipe) -> None:
    """Train, calibrate, set the operating points on calibration voices, write."""
    tensors, lines = learn(table, None, recipe, POOLS[name])
    odds = odds_of(table, tensors, lines, POOLS[name])
    genuine = np.flatnonzero(~table.synthetic & (table.parts == "calibrate"))
    attacks = np.flatnonzero(table.synthetic & (table.parts == "calibrate"))
    above = quantile(odds[genuine], even_weights([table.clips[n].voice for n in genuine]), 1.0 - _FALSE_ALARMS)
    below = quantile(odds[attacks], even_weights([table.clips[n].system for n in attacks]), _MISSES)
    publish(out, name, _VERSIONS[name], tensors, False, lines, above, below)


if __name__ == "__main__":
    main()
