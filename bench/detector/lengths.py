"""People and attacks at 4 s and at the length of a consent, through the gate: ``python -m bench.detector --only consent --rows DIR``.

Everything that is presented is described once, and kept in ``--rows``, by version of the detector; so limits can be chosen on calibration
voices (``python -m bench.detector.lengths --rows DIR`` prints what each would do), and a net of liveness be exchanged, without making the
sound again. Of a consent's length are recordings of 8 to 15 s; shorter takes of a voice that has several are joined at their pauses to 10 to
15 s, though never to look for splices, of which joined takes are ones.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from audiokit import Audio, read, resample
from audiokit.vad import working_signal
from bench.detector.intervals import share_by_voice, told
from bench.detector.presentation import Presented, gate, table
from bench.detector.spliced import WHOLE, spliced
from bench.identity.corpus import RATE, Item, by_speaker, items
from safeguards.detector.copies import VOCODERS, generator
from safeguards.detector.dataset import voice_part
from safeguards.detector.features import channel_class
from safeguards.detector.model import load, watched
from safeguards.detector.score import log_odds_of
from safeguards.detector.score import version as detector_version
from safeguards.liveness.assess import REPLAY_WEIGHTS, SPLICE_WEIGHTS, evidence_of, remade_odds_of
from safeguards.liveness.presentation import LOUDSPEAKERS, Samples, captured, live, replay
from safeguards.liveness.remade_statistics import describe_remade
from safeguards.liveness.replay_statistics import describe_replay, observe_replay
from safeguards.liveness.splice import SpliceCues, splice_cues
from safeguards.liveness.splice_statistics import describe_splice, observe_splice, together
from safeguards.watermark import WatermarkKey, detect, embed

KINDS = ("people", "replay", "copies", "splice", "spoofs")
PEOPLE = ("as kept", "captured live", "captured, browser's rate")
WORST = ("own_phase_blur", "own_phase_random")  # copied several times over, with other settings
_SEED = 77
_LONG_S, _MOST_S, _JOINED_S, _PIECE_S, _LEAST_S = 8, 15, 10, 4, 3
_LONGS, _PIECES, _COPIED, _PER_VOICE = 6, 10, 2, 3
_WORST_TURNS = 2
_SAID = ("species", "voice", "length", "seconds", "channel", "dead", "marked", "synthetic_odds")
_READ = ("replay", "splice", "remade")
_KEY = WatermarkKey.from_bytes(bytes(range(32)))
_NEVER = -30.0  # log odds
_LIMITS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85)
LENGTHS = {"4 s": ("piece",), "consent": ("whole", "joined"), "phrase": ("phrase",)}


@dataclass(frozen=True, eq=False)
class Heard:
    """One presentation as the nets read it.

    Attributes:
        species: way of a person's speech, or kind of attack.
        voice: whose.
        length: ``piece`` of 4 s, ``whole`` recording, ``joined`` takes, or ``phrase`` with or without cuts.
        seconds: of sound.
        channel: class of channel.
        dead: share of pauses without any background.
        marked: whether our mark was found, where it was looked for.
        synthetic_odds: calibrated log odds, by the detector that is installed.
        replay, splice, remade: what each net reads, ``[windows, numbers]``.
    """

    species: str
    voice: str
    length: str
    seconds: float
    channel: str
    dead: float
    marked: bool
    synthetic_odds: float
    replay: np.ndarray
    splice: np.ndarray
    remade: np.ndarray


def heard(species: str, voice: str, length: str, samples: Samples, *, marked: bool = False) -> Heard:
    """Describe a sound as :func:`safeguards.liveness.assess` would, rounded to half precision as for training."""
    sound = working_signal(Audio.mono(np.asarray(samples, dtype=np.float32), RATE))
    features, spoken = watched(sound)
    kept = features[spoken]
    return Heard(
        species, voice, length, len(sound) / RATE, channel_class(kept), splice_cues(sound).dead_share, marked,
        log_odds_of(sound, features, spoken)[0], describe_replay(observe_replay(sound, features)[spoken], False).astype(np.float16),
        describe_splice(observe_splice(sound, features), False).astype(np.float16), describe_remade(sound, spoken).astype(np.float16),
    )  # fmt: skip


def sounds(own: Sequence[Item]) -> Iterator[tuple[str, Samples]]:
    """(length, sound) of a voice's recordings: up to six of 8 s or more, some of them joined takes, and up to ten pieces of 4 s."""
    recordings = [row.load().to_mono() for row in own]
    longs = [("whole", one[: _MOST_S * RATE]) for one in recordings if len(one) >= _LONG_S * RATE]
    taken: list[Samples] = []
    for one in [one for one in recordings if len(one) < _LONG_S * RATE]:
        taken.append(one)
        if sum(map(len, taken)) >= _JOINED_S * RATE:
            longs.append(("joined", np.concatenate(taken)[: _MOST_S * RATE]))
            taken = []
    yield from longs[:_LONGS]
    pieces = [
        one[start : start + _PIECE_S * RATE]
        for one in recordings for start in (0, _PIECE_S * RATE) if len(one) - start >= _LEAST_S * RATE
    ]  # fmt: skip
    yield from (("piece", one) for one in pieces[:_PIECES])


def presented(voice: str, own: Sequence[Item], kind: str) -> Iterator[tuple[str, str, Samples]]:
    """(species, length, sound) of a voice: as a person, by every loudspeaker, or through every vocoder."""
    for number, (length, samples) in enumerate(sounds(own)):
        if kind == "people":
            yield PEOPLE[0], length, samples
            for turn in range(2):
                yield PEOPLE[1], length, live(samples, generator(_SEED, voice, number, "live", turn))
            rng = generator(_SEED, voice, number, "browser")
            yield PEOPLE[2], length, captured(live(samples, rng), rng)
        elif kind == "replay":
            for device in LOUDSPEAKERS:
                rng = generator(_SEED, voice, number, device.name)
                yield f"replay, {device.name}", length, replay(samples, device, rng)
        elif length != "piece" and number < _COPIED:
            yield from _copies(samples, voice, number, length)


def _copies(samples: Samples, voice: str, number: int, length: str) -> Iterator[tuple[str, str, Samples]]:
    for system, vocoder in VOCODERS.items():
        for turn in range(_WORST_TURNS if system in WORST else 1):
            made = np.asarray(vocoder(samples.astype(np.float64), generator(_SEED, voice, number, system, turn)))
            made = made * np.sqrt(np.mean(samples.astype(np.float64) ** 2) / max(float(np.mean(made**2)), 1e-12))
            yield system, length, made.astype(np.float32)
            yield system, "piece", made[: _PIECE_S * RATE].astype(np.float32)


def made_elsewhere(folder: Path, part: str) -> Iterator[Heard]:
    """Clips that :mod:`bench.detector.make_spoofs` made, up to three of a voice, and these in a row; our engine's also with its mark."""
    for place in sorted(path for path in folder.glob("*/*") if path.is_dir()):
        system, voice = place.parent.name, place.name
        if system in VOCODERS or voice_part(voice) != part:
            continue
        clips = [resample(read(path, max_seconds=60.0, max_bytes=20_000_000), RATE).to_mono()
                 for path in sorted(place.glob("*.flac"))[:_PER_VOICE]]  # fmt: skip
        yield from (heard(system, voice, "piece", one) for one in clips)
        row = np.concatenate(clips)[: _MOST_S * RATE]
        if len(row) >= _LONG_S * RATE:
            yield heard(system, voice, "joined", row)
        if system == "own_engine":
            released = embed(Audio.mono(clips[0], RATE), 7, _KEY).audio
            found = detect(released, [_KEY]).present
            yield heard("own_engine, as released", voice, "piece", released.to_mono(), marked=found)


def collect(speech: Path, part: str, rows: Path, spoofs: Path | None) -> None:
    """Describe what is not there yet, a file for each voice and kind, in a folder for each version of the detector."""
    rows = rows / detector_version()
    used = [row for row in items(speech) if row.kind == "bonafide" and row.codec == "flac" and row.set != "fsdd"]
    voices = by_speaker(row for row in used if voice_part(row.speaker) == part and row.seconds > _LEAST_S)
    for kind in KINDS:
        if kind in {"people", "replay", "copies"}:
            for voice, own in voices.items():
                _write(rows / f"{part}-{kind}-{voice}.npz", (
                    heard(species, voice, length, samples) for species, length, samples in presented(voice, own, kind)
                ))  # fmt: skip
        elif kind == "splice":
            _write(rows / f"{part}-{kind}.npz", (
                heard(species if species == WHOLE else f"splice, {species}", voice, "phrase", samples)
                for species, voice, samples in spliced(speech, part)
            ))  # fmt: skip
        elif spoofs is not None:
            _write(rows / f"{part}-{kind}.npz", made_elsewhere(spoofs, part))


def _write(place: Path, found: Iterator[Heard]) -> None:
    if place.exists():
        return
    content: dict[str, Any] = {}
    for number, one in enumerate(found):
        said = {name: getattr(one, name) for name in _SAID}
        content[f"{number:04d}"] = np.array(json.dumps(said))
        for name in _READ:
            content[f"{number:04d}-{name}"] = getattr(one, name)
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_suffix(f".{os.getpid()}.part.npz")
    np.savez(part, **content)
    part.replace(place)


def kept(rows: Path, part: str) -> Iterator[Heard]:
    """What :func:`collect` wrote."""
    for place in sorted((rows / detector_version()).glob(f"{part}-*.npz")):
        if ".part" not in place.name:
            with np.load(place) as stored:
                for name in [name for name in stored.files if "-" not in name]:
                    said = json.loads(str(stored[name]))
                    yield Heard(**said, **{net: stored[f"{name}-{net}"] for net in _READ})


def judged(rows: Iterable[Heard]) -> Iterator[tuple[str, Presented]]:
    """(length, what the installed nets and the gate make of it). Joined takes are not held to be splices, which they are."""
    played, cut = load(REPLAY_WEIGHTS, describe_replay), load(SPLICE_WEIGHTS, describe_splice)
    for one in rows:
        replayed, spliced_ = one.replay.astype(np.float32), one.splice.astype(np.float32)
        found = evidence_of(
            one.synthetic_odds,
            remade_odds_of(one.remade.astype(np.float32)),
            played.log_odds(float(played.outputs(replayed).mean()), one.channel),
            _NEVER if one.length == "joined" else cut.log_odds(together(cut.outputs(spliced_)), one.channel),
            SpliceCues(0.0, 0.0, 0.0 if one.length == "joined" else one.dead),
            "bench",
            {},
        )
        yield one.length, Presented(one.species, one.voice, gate(found, one.marked), found)


def tables(found: Sequence[tuple[str, Presented]]) -> dict[str, dict[str, Any]]:
    """By length: what becomes of people (BPCER), and of every attack (APCER), worst first."""
    people = (*PEOPLE, WHOLE)
    return {
        title: {
            "people": table([one for length, one in found if length in lengths and one.species in people]),
            "attacks": table([one for length, one in found if length in lengths and one.species not in people]),
        }
        for title, lengths in LENGTHS.items()
    }


def trade_off(found: Sequence[tuple[str, Presented]]) -> None:
    """For each check by itself and each limit: people stopped, and attacks of its kind let through, by length."""
    for member, starts in (("p_synthetic", "own_"), ("p_replay", "replay"), ("splice", "splice")):
        for limit in _LIMITS:
            said = []
            for title, lengths in LENGTHS.items():
                here = [one for length, one in found if length in lengths]
                for way in (*PEOPLE, WHOLE):
                    own = [one for one in here if one.species == way]
                    if own:
                        over = share_by_voice(
                            [getattr(one.evidence, member) > limit for one in own], [one.voice for one in own]
                        )
                        said.append(f"{title} {way} {100 * over['rate']:.1f}")
                passing = {
                    species: np.mean([getattr(one.evidence, member) <= limit for one in here if one.species == species])
                    for species in {one.species for one in here if one.species.startswith(starts)}
                }
                if passing:
                    worst = max(passing, key=lambda name: float(passing[name]))
                    mean = float(np.mean(list(passing.values())))
                    said.append(f"{title} attacks {100 * mean:.1f}, worst {worst} {100 * float(passing[worst]):.0f}")
            print(f"{member} <= {limit}: " + "; ".join(said))


def main() -> None:
    """Describe calibration voices, and print what each limit would do."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--spoofs", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    collect(arguments.speech, "calibrate", arguments.rows, arguments.spoofs)
    found = list(judged(kept(arguments.rows, "calibrate")))
    trade_off(found)
    for title, both in tables(found).items():
        for name, shares in (both["people"] | both["attacks"]).items():
            print(f"{title}, {name}: permitted {told(shares['permitted'])}, refused {told(shares['refused'])}")


if __name__ == "__main__":
    main()
