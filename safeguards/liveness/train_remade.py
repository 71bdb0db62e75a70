"""Train what tells speech as air carried it from speech put together again: ``python -m safeguards.liveness.train_remade --speech DIR --cache DIR``.

Human speech of the corpus, by the detector's split of voices: as kept, captured live, and after what phones, codecs and rooms do to it,
against the same with the phases or the magnitudes of its spectra disturbed. Writes ``remade`` (``.safetensors``, ``.json``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import signal as dsp
from scipy.ndimage import uniform_filter1d

from safeguards.detector import variety, vocoders
from safeguards.detector.channels import RATE, add_noise, far_room, journey, suppressed
from safeguards.detector.codecs import TRAINING, coded
from safeguards.detector.dataset import Clip, Table, voice_part
from safeguards.detector.features import spoken_frames
from safeguards.detector.fitting import Recipe, Tensors, calibrated, even_weights, fit, platt, publish, quantile
from safeguards.detector.model import CHANNELS, Line, perceive
from safeguards.detector.vocoders import Vocoder
from safeguards.gate.policy import policy_for
from safeguards.liveness.presentation import Samples, captured, live
from safeguards.liveness.remade_statistics import describe_remade
from safeguards.liveness.train import options, people_of

VERSION = "remade-2"
_PERSON = ""
_MOST_PIECES = 4  # of one voice
_FALSE_ALARMS, _MISSES = 0.01, 0.05
_FOLDS = 3
# How often each is made of a piece; those of the second row of its voice's first piece alone.
_COPIES: dict[Vocoder, int] = {vocoders.phases_blurred: 4, vocoders.mel_real_phases: 2}
_NEIGHBOURS: tuple[Vocoder, ...] = (
    vocoders.phases_guessed, vocoders.upsampled, variety.phase_drift, variety.phase_steps, variety.phase_above,
    variety.smoothed_magnitudes,
)  # fmt: skip
_LIVE = 3
_AS_KEPT = 4  # a piece as it is kept counts as so many: there the nets err first, and copies come so
_STEPS, _NETS = 1500, 3
_SIZES = (256, 512, 768, 1024)  # of a noise reduction's windows: 16 to 64 ms
Ways = dict[str, Callable[[Samples, np.random.Generator], Samples]]


def noise_reduced(samples: Samples, rng: np.random.Generator) -> Samples:
    """What editors and browsers do to a voice: spectra, in windows as long as a copy's, turned down where they come near the noise.

    It spreads sound before onsets as copies do, though less; half the time there was more noise to take away.
    """
    size = int(rng.choice(_SIZES))
    noisy = add_noise(samples, float(rng.uniform(12.0, 35.0)), rng) if rng.random() < 0.5 else samples
    step = size // int(rng.choice([2, 4]))
    _, _, spectrum = dsp.stft(noisy, RATE, nperseg=size, noverlap=size - step)
    power = np.abs(spectrum) ** 2
    floor = np.quantile(power, float(rng.uniform(0.05, 0.25)), axis=1, keepdims=True) * float(rng.uniform(1.5, 6.0))
    keep = float(rng.uniform(0.0, 0.8))  # of the power of the frame before, so that gains do not flutter
    smooth = dsp.lfilter([1.0 - keep], [1.0, -keep], power, axis=1)
    if rng.random() < 0.5:
        smooth = uniform_filter1d(smooth, int(rng.choice([3, 5, 9])), axis=0)
    least = 10.0 ** (-float(rng.uniform(6.0, 30.0)) / 20.0)
    gain = np.maximum(1.0 - floor / np.maximum(smooth, 1e-12), least)
    _, out = dsp.istft(spectrum * gain, RATE, nperseg=size, noverlap=size - step)
    return np.asarray(np.pad(out, (0, max(0, len(samples) - len(out))))[: len(samples)], dtype=np.float32)


_PEOPLE: Ways = {
    "suppressed": suppressed,
    "far": far_room,
    "captured": lambda samples, rng: captured(live(samples, rng), rng),
    "journey": journey,
    "coded": lambda samples, rng: coded(live(samples, rng), str(rng.choice(TRAINING[:4])), rng),
    "reduced": noise_reduced,
    "reduced again": noise_reduced,
    "reduced, then live": lambda samples, rng: live(noise_reduced(samples, rng), rng),
    "live, then reduced": lambda samples, rng: noise_reduced(live(samples, rng), rng),
    "kept as codecs keep it": lambda samples, rng: coded(samples, str(rng.choice(TRAINING[:4])), rng),
}


def presented(clip: Clip, first: bool) -> Iterator[tuple[str, Samples]]:
    """(system, sound): a piece as a person's, in fourteen ways, and as machines put it together again, now and then in a room afterwards.

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


def main() -> None:
    """Prepare, or train, calibrate and write."""
    arguments = options(__doc__).parse_args()
    torch.set_num_threads(1)
    people = [clip for clip in people_of(arguments.speech, _MOST_PIECES) if voice_part(clip.voice) != "test"]
    if arguments.prepare:
        place, count = map(int, arguments.prepare.split("/"))
        voices = sorted({clip.voice for clip in people})[place::count]
        tabulate([clip for clip in people if clip.voice in voices], arguments.cache)
        return
    finish(tabulate(people, arguments.cache), arguments.out, Recipe(seed=arguments.seed, steps=_STEPS, nets=_NETS))


def finish(table: Table, out: Path, recipe: Recipe) -> None:
    """Train on training voices, and write; the policy's limit lies where few of them would be stopped by nets that do not know them.

    The slope comes from calibration voices. They are too few to say how often people are stopped: the offset comes from the training
    voices, by nets that were trained without them.
    """
    unknown = np.isnan(table.numbers)
    training = (table.parts == "train")[table.owner]
    usual = np.nanmean(table.numbers[training], axis=0)
    table = replace(table, numbers=np.where(unknown, usual, table.numbers))
    tensors = _fitted(table, table.parts == "train", recipe)
    scores = table.per_example(perceive(tensors, table.numbers))
    part = np.flatnonzero(table.parts == "calibrate")
    names = [f"{clip.system}/{clip.voice}" for clip in table.clips]
    slope = platt(scores[part], table.synthetic[part], even_weights([names[place] for place in part])).slope
    limit = policy_for("live").synthetic_pass
    line = Line(slope, float(np.log(limit / (1.0 - limit))) - slope * _highest(table, recipe))
    lines = dict.fromkeys(CHANNELS, line)
    odds = calibrated(lines, scores, table.channels)

    def edge(machines: bool, share: float) -> float:
        chosen = [place for place in part if table.synthetic[place] == machines]
        return quantile(odds[chosen], even_weights([names[place] for place in chosen]), share)

    publish(out, "remade", VERSION, tensors, False, lines, edge(False, 1.0 - _FALSE_ALARMS), edge(True, _MISSES))


def _highest(table: Table, recipe: Recipe) -> float:
    """The output that few people exceed in about 8 s: means of two pieces, in each way that they are heard, of voices left out of training in turn."""
    voices = sorted({clip.voice for clip, part in zip(table.clips, table.parts, strict=True) if part == "train"})
    heard: dict[tuple[str, int], list[float]] = {}
    for fold in range(_FOLDS):
        left_out = np.array([clip.voice in voices[fold::_FOLDS] for clip in table.clips])
        tensors = _fitted(table, (table.parts == "train") & ~left_out, replace(recipe, nets=1))
        scores = table.per_example(perceive(tensors, table.numbers))
        for place in np.flatnonzero(left_out & ~table.synthetic):
            heard.setdefault((table.clips[place].voice, table.variants[place]), []).append(float(scores[place]))
    means = np.array([np.mean(found[:2]) for found in heard.values()])
    return quantile(means, even_weights([voice for voice, _ in heard]), 1.0 - _FALSE_ALARMS)


def _fitted(table: Table, chosen: NDArray[np.bool_], recipe: Recipe) -> Tensors:
    """Trained on the chosen examples, pieces as kept as often as they count."""
    there = np.flatnonzero(chosen)
    places = np.concatenate([there, *[[n for n in there if table.variants[n] == 0]] * (_AS_KEPT - 1)])
    blocks = [table.numbers[table.owner == n] for n in places]
    owner = np.repeat(np.arange(len(places)), [len(block) for block in blocks])
    heard = Table(
        np.concatenate(blocks), owner, tuple(table.clips[n] for n in places), tuple(table.variants[n] for n in places),
        (CHANNELS[0],) * len(places),
    )  # fmt: skip
    return fit(heard, np.ones(len(places), dtype=np.bool_), recipe)


if __name__ == "__main__":
    main()
