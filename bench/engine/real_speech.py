"""Word errors relative to real speech: the owners' own recordings, and the same sentences by their clones and by flite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.engine import flite
from bench.engine.owners import Owner
from bench.engine.recogniser import Recogniser
from synthesis.engine import parametric
from synthesis.engine.parametric import world
from synthesis.engine.voice_model import VoiceModel

Counts = tuple[int, int]  # word errors, words


def word_errors(
    owners: Sequence[Owner], models: Mapping[str, VoiceModel], data: Path
) -> dict[str, dict[str, dict[str, Counts]]]:
    """Errors and words by takes ("enrolled", "unheard"), by who speaks, by owner.

    The recogniser knows the words of all these takes, so its figures compare within this table only. What an owner enrolled
    counts apart: the clone has learned from those very takes.
    """
    everything = [take for owner in owners for take in (*owner.enrolment, *owner.unheard)]
    recogniser = Recogniser(data, [text for _, text in everything])
    found: dict[str, dict[str, dict[str, Counts]]] = {}
    for owner in owners:
        for part, takes in (("enrolled", owner.enrolment), ("unheard", owner.unheard)):
            table = found.setdefault(part, {})
            for audio, text in takes:
                spoken: dict[str, NDArray[np.floating]] = {"real": world.level(audio.to_mono())}
                spoken["WORLD copy"] = world.synthesise(world.analyse(spoken["real"]))
                spoken["clone"] = parametric.render(models[owner.name], text, seed=1).to_mono()
                spoken |= {f"flite {voice}": flite.speak(voice, text) for voice in flite.VOICES if flite.installed()}
                for speaker, samples in spoken.items():
                    wrong, words = recogniser.errors(samples, text)
                    before = table.setdefault(speaker, {}).get(owner.name, (0, 0))
                    table[speaker][owner.name] = before[0] + wrong, before[1] + words
    return found


def rates(table: Mapping[str, Mapping[str, Counts]], seed: int = 0) -> dict[str, tuple[float, float, float, int]]:
    """Word error rate of each who speaks, its 95 % bootstrap interval over owners, and the number of words."""
    found = {}
    for speaker, by_owner in table.items():
        counts = np.array(list(by_owner.values()))
        draws = np.random.default_rng(seed).integers(len(counts), size=(4000, len(counts)))
        sums = counts[draws].sum(1)
        low, high = np.percentile(sums[:, 0] / sums[:, 1], [2.5, 97.5])
        found[speaker] = (
            float(counts[:, 0].sum() / counts[:, 1].sum()),
            float(low),
            float(high),
            int(counts[:, 1].sum()),
        )
    return found
