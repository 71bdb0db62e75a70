"""Train what tells speech as air carried it from speech put together again: ``python -m safeguards.liveness.train_remade --speech DIR --cache DIR``.

Human speech of the corpus, by the detector's split of voices: as kept, captured live, and after what phones, codecs and rooms do to it,
against the same with the phases or the magnitudes of its spectra disturbed. Writes ``remade`` (``.safetensors``, ``.json``).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from safeguards.detector import variety, vocoders
from safeguards.detector.channels import far_room, journey, suppressed
from safeguards.detector.codecs import TRAINING, coded
from safeguards.detector.dataset import Clip, Table, voice_part
from safeguards.detector.features import spoken_frames
from safeguards.detector.fitting import Recipe, calibrated, even_weights, fit, platt, publish, quantile
from safeguards.detector.model import CHANNELS, perceive
from safeguards.detector.vocoders import Vocoder
from safeguards.liveness.presentation import Samples, captured, live
from safeguards.liveness.remade_statistics import describe_remade
from safeguards.liveness.train import people_of

VERSION = "remade-1"
_PERSON = ""
_MOST_PIECES = 4  # of one voice
_FALSE_ALARMS, _MISSES = 0.01, 0.05
# How often each is made of a piece; those of the second row of its voice's first piece alone.
_COPIES: dict[Vocoder, int] = {vocoders.phases_blurred: 4, vocoders.mel_real_phases: 2}
_NEIGHBOURS: tuple[Vocoder, ...] = (
    vocoders.phases_guessed, vocoders.upsampled, variety.phase_drift, variety.phase_steps, variety.phase_above,
    variety.smoothed_magnitudes,
)  # fmt: skip
_LIVE = 3
_AS_KEPT = 4  # a piece as it is kept counts as so many: there the nets err first, and copies come so
_STEPS, _NETS = 1500, 3
Ways = dict[str, Callable[[Samples, np.random.Generator], Samples]]
_PEOPLE: Ways = {
    "suppressed": suppressed,
    "far": far_room,
    "captured": lambda samples, rng: captured(live(samples, rng), rng),
    "journey": journey,
    "coded": lambda samples, rng: coded(live(samples, rng), str(rng.choice(TRAINING[:4])), rng),
}


def presented(clip: Clip, first: bool) -> Iterator[tuple[str, Samples]]:
    """(system, sound): a piece as a person's, in ten ways, and as machines put it together again, now and then in a room afterwards.

    Args:
        clip: the piece.
        first: whether it is its voice's first, of which more kinds of copies are made.
    """
    samples = clip.samples()
    yield _PERSON, samples
    for turn in range(_LIVE):
        yield _PERSON, live(samples, clip.generator("live", turn))
    for name, way in _PEOPLE.items():
        yield _PERSON, way(samples, clip.generator(name))
    for copy, turns in _COPIES.items():
        for turn in range(turns):
            yield copy.__name__, _copied(copy, samples, clip.generator(copy.__name__, turn))
        rng = clip.generator(copy.__name__, "live")
        yield f"{copy.__name__}, live", live(_copied(copy, samples, rng), rng)
    for copy in _NEIGHBOURS if first else ():
        yield copy.__name__, _copied(copy, samples, clip.generator(copy.__name__))


def _copied(copy: Vocoder, samples: Samples, rng: np.random.Generator) -> Samples:
    return np.asarray(copy(samples.astype(np.float64), rng), dtype=np.float32)


def tabulate(people: Sequence[Clip], cache: Path | None) -> Table:
    """Statistics of everything that is presented; as variants, which of its piece's presentations it is, 0 the piece as kept."""
    seen: set[str] = set()
    rows, owners, ways = [], [], []
    for clip in people:
        for way, (system, block) in enumerate(_cached(clip, clip.voice not in seen, cache)):
            rows.append(block)
            owners.append(replace(clip, system=system))
            ways.append(way)
        seen.add(clip.voice)
    owner = np.repeat(np.arange(len(rows)), [len(block) for block in rows])
    return Table(np.concatenate(rows), owner, tuple(owners), tuple(ways), (CHANNELS[0],) * len(rows))


def _cached(clip: Clip, first: bool, cache: Path | None) -> list[tuple[str, NDArray[np.float32]]]:
    place = None if cache is None else cache / f"remade-{clip.path.stem}-{clip.voice}-{clip.start_s:g}.npz"
    if place is not None and place.exists():
        with np.load(place) as stored:
            return [(key.split("|")[1], stored[key]) for key in sorted(stored.files)]
    found = [
        (system, describe_remade(samples, spoken_frames(samples, len(samples) // 160)))
        for system, samples in presented(clip, first)
    ]
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(f".{os.getpid()}.part.npz")
        content: dict[str, Any] = {f"{number:02d}|{system}": block for number, (system, block) in enumerate(found)}
        np.savez(part, **content)
        part.replace(place)
    return found


def _weighed(table: Table) -> Table:
    """The examples of training voices, pieces as kept as often as they count."""
    training = np.flatnonzero(table.parts == "train")
    chosen = np.concatenate([training, *[[n for n in training if table.variants[n] == 0]] * (_AS_KEPT - 1)])
    blocks = [table.numbers[table.owner == n] for n in chosen]
    owner = np.repeat(np.arange(len(chosen)), [len(block) for block in blocks])
    return Table(
        np.concatenate(blocks), owner, tuple(table.clips[n] for n in chosen), tuple(table.variants[n] for n in chosen),
        (CHANNELS[0],) * len(chosen),
    )  # fmt: skip


def main() -> None:
    """Prepare, or train, calibrate and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--out", type=Path, default=Path("safeguards/liveness/weights"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--prepare", metavar="I/N")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    people = [clip for clip in people_of(arguments.speech, _MOST_PIECES) if voice_part(clip.voice) != "test"]
    if arguments.prepare:
        place, count = map(int, arguments.prepare.split("/"))
        voices = sorted({clip.voice for clip in people})[place::count]
        tabulate([clip for clip in people if clip.voice in voices], arguments.cache)
        return
    finish(tabulate(people, arguments.cache), arguments.out, Recipe(seed=arguments.seed, steps=_STEPS, nets=_NETS))


def finish(table: Table, out: Path, recipe: Recipe) -> None:
    """Train on training voices; calibrate and set the operating points on calibration voices; write."""
    unknown = np.isnan(table.numbers)
    training = (table.parts == "train")[table.owner]
    usual = np.nanmean(table.numbers[training], axis=0)
    table = replace(table, numbers=np.where(unknown, usual, table.numbers))
    heard = _weighed(table)
    tensors = fit(heard, np.ones(len(heard.clips), dtype=np.bool_), recipe)
    scores = table.per_example(perceive(tensors, table.numbers))
    part = np.flatnonzero(table.parts == "calibrate")
    names = [f"{clip.system}/{clip.voice}" for clip in table.clips]
    line = platt(scores[part], table.synthetic[part], even_weights([names[place] for place in part]))
    lines = dict.fromkeys(CHANNELS, line)
    odds = calibrated(lines, scores, table.channels)

    def edge(machines: bool, share: float) -> float:
        chosen = [place for place in part if table.synthetic[place] == machines]
        return quantile(odds[chosen], even_weights([names[place] for place in chosen]), share)

    publish(out, "remade", VERSION, tensors, False, lines, edge(False, 1.0 - _FALSE_ALARMS), edge(True, _MISSES))


if __name__ == "__main__":
    main()
