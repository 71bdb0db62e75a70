"""Scores of held-out voices: by the committed detector, and by a peer on the same clips."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

from audiokit import Audio
from audiokit.features import Floats
from safeguards.detector import score
from safeguards.detector.channels import RATE, add_noise, by_telephone, journey, room
from safeguards.detector.codecs import MEASURING, coded
from safeguards.detector.dataset import TELEPHONE, Clip, clips, tabulate, voice_part
from safeguards.detector.model import load
from safeguards.detector.score import WEIGHTS, verdict

Row = dict[str, Any]
Channel = Callable[[Floats, np.random.Generator], Floats]
_PER_SYSTEM = 15
_SEED = 1  # of the statistics that training keeps
_PROMPT_S = (2.5, 12.0)
_PROMPTS_PER_VOICE = 40
CONDITIONS = {0: "untouched", 1: "journey", TELEPHONE: "telephone"}  # by variant of a clip
# What the models never met in training, nor its verdict's band in setting.
UNSEEN_CHANNELS: dict[str, Channel] = {
    **{name: lambda x, rng, name=name: coded(x, name, rng) for name in MEASURING},  # type: ignore[misc]
    "noisy room": lambda x, rng: add_noise(room(x, rng), float(rng.uniform(10.0, 20.0)), rng),
    "telephone chain": lambda x, rng: coded(coded(add_noise(x, 20.0, rng), "amr", rng), "gsm", rng),
}


def held_out(speech: Path, spoofs: Path | None, quick: bool) -> list[Clip]:
    """Clips of test voices, of each system at most fifteen."""
    counts: dict[str, int] = {}
    kept = []
    for clip in clips(speech, spoofs):
        if voice_part(clip.voice) != "test":
            continue
        counts[clip.system] = counts.get(clip.system, 0) + 1
        if not clip.synthetic or counts[clip.system] <= _PER_SYSTEM:
            kept.append(clip)
    return kept[::5] if quick else kept


def judged(chosen: Sequence[Clip]) -> Iterator[Row]:
    """Every clip as it is, after a random journey, and by telephone."""
    for clip in chosen:
        samples = clip.samples()
        yield _row(clip, "untouched", samples)
        yield _row(clip, "journey", journey(samples, clip.generator("bench")))
        yield _row(clip, "telephone", by_telephone(samples, clip.generator("bench telephone")))


def judged_by_statistics(chosen: Sequence[Clip], cache: Path) -> Iterator[Row]:
    """The same from the statistics that training kept of these clips; of random journeys and calls it kept the first."""
    model = load(WEIGHTS)
    table = tabulate(chosen, [(0, 1, TELEPHONE)] * len(chosen), _SEED, cache=cache)
    outputs = table.per_example(model.outputs(table.numbers))
    for clip, variant, channel, output in zip(table.clips, table.variants, table.channels, outputs, strict=True):
        odds = model.log_odds(float(output), channel)
        yield {
            "clip": identity(clip), "system": clip.system, "voice": clip.voice,
            "condition": CONDITIONS[variant], "log_odds": odds,
            "verdict": verdict(model.card, odds), "channel": channel,
        }  # fmt: skip


def over_channels(chosen: Sequence[Clip]) -> Iterator[Row]:
    """Human clips over channels that neither training nor the verdict's band met."""
    for clip in chosen:
        if not clip.synthetic:
            samples = clip.samples()
            for name, channel in UNSEEN_CHANNELS.items():
                yield _row(clip, name, channel(samples, clip.generator("bench", name)))


def prompts(folder: Path) -> Iterator[Row]:
    """Telephone prompts read by professionals (Debian's asterisk-core-sounds-*-g722, unpacked): real people and a real channel."""
    for voice in sorted(path for path in folder.rglob("sounds/*") if path.is_dir()):
        kept = 0
        for path in sorted(voice.rglob("*.g722")):
            sound = _g722(path)
            if kept < _PROMPTS_PER_VOICE and sound is not None and _PROMPT_S[0] < sound.seconds < _PROMPT_S[1]:
                kept += 1
                yield _row(Clip(path, voice.name, "", "prompts"), "prompts", sound.to_mono())


def with_peer(rows: list[Row], chosen: Sequence[Clip], peer: Callable[[Floats], float], store: Path | None) -> None:
    """Add the peer's score of each untouched clip, kept in ``store`` since it is slow; people and systems come mixed."""
    known: dict[str, float] = json.loads(store.read_text()) if store is not None and store.exists() else {}
    for clip in sorted(chosen, key=lambda clip: float(clip.generator("peer").random())):
        key = identity(clip)
        if key not in known:
            known[key] = peer(clip.samples())
            if store is not None:
                store.write_text(json.dumps(known))
    for row in rows:
        if row["condition"] == "untouched" and row["clip"] in known:
            row["peer"] = known[row["clip"]]


def identity(clip: Clip) -> str:
    """A clip's name in stored scores."""
    return f"{clip.system}/{clip.voice}/{clip.path.name}/{clip.start_s:g}"


def _row(clip: Clip, condition: str, samples: Floats) -> Row:
    found = score(Audio.mono(samples, RATE))
    odds = math.log(max(found.p_synthetic, 1e-9) / max(1.0 - found.p_synthetic, 1e-9))
    return {
        "clip": identity(clip), "system": clip.system, "voice": clip.voice, "condition": condition,
        "log_odds": odds, "verdict": found.verdict, "channel": found.channel,
    }  # fmt: skip


def _g722(path: Path) -> Audio | None:
    """Raw G.722 put into a container that says so."""
    raw = path.read_bytes()
    if len(raw) < 8_000:
        return None
    with av.open(io.BytesIO(raw), "r", format="g722") as container:
        parts = [frame.to_ndarray().ravel() for frame in container.decode(audio=0)]
    return Audio.mono(np.concatenate(parts).astype(np.float32) / 32768.0, RATE)
