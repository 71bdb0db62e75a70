"""``python -m bench.engine.lengths``: how likeness grows with the length of an enrolment, where a speaker has three minutes.

SF1 and SM1 are strangers to the acoustic network, not to the prosody network, and choices were made on them; kathleen and LJ
were heard in training by both, so their figures flatter. Nobody else of the corpus has three minutes. Takes
are drawn by a fixed seed; likeness is always to the first minute of them.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from audiokit import Audio
from bench.engine import figures
from bench.engine.__main__ import clone
from bench.engine.encoder import embed
from bench.engine.owners import Owner, readings, strangers
from bench.engine.quality import Dnsmos
from bench.engine.recogniser import Recogniser
from bench.engine.sentences import SENTENCES

_SHARED = Path(__file__).resolve().parents[3] / "shared"
_REFERENCE_SECONDS = 60.0
_MOST_SECONDS = 180.0  # whatever is enrolled, what is held out lies beyond
_HELD_OUT = 6
_SEED = 3

Takes = list[tuple[Audio, str]]


def first(takes: Takes, seconds: float) -> Takes:
    """Takes up to and with the one that reaches ``seconds``."""
    total = np.cumsum([audio.seconds for audio, _ in takes])
    return takes[: int(np.searchsorted(total, seconds)) + 1]


def main() -> None:
    """Enrol each speaker at each length and print a row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speakers", nargs="+", default=["SF1", "SM1"], help="also kathleen, LJ")
    parser.add_argument("--seconds", nargs="+", type=float, default=[20.0, 60.0, 180.0])
    parser.add_argument("--sentences", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--shared", type=Path, default=_SHARED)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    speech = arguments.shared / "speech"
    others = [embed(audio) for audio in strangers(speech)]
    recogniser, opinion = Recogniser(speech), Dnsmos(arguments.shared / "peers" / "dnsmos")
    found = []
    for name in arguments.speakers:
        takes = readings(speech, name, max(_MOST_SECONDS, *arguments.seconds), held_out=_HELD_OUT, seed=_SEED)
        held_out = [audio for audio, _ in takes[-_HELD_OUT:]]
        centre = figures.centroid([audio for audio, _ in first(takes, _REFERENCE_SECONDS)])
        reference = figures.Reference(
            [float(embed(audio) @ centre) for audio in held_out],
            np.array([other @ centre for other in others], dtype=np.float32),
        )
        print(
            f"{name}: real speech {np.mean(reference.same):.3f} (n={_HELD_OUT}), strangers {reference.strangers.mean():.3f}"
        )
        for seconds in arguments.seconds:
            owner = Owner(name, "", first(takes[:-_HELD_OUT], seconds), held_out)
            sentences = SENTENCES[: arguments.sentences]
            measured, _, _ = clone(owner, sentences, {name: centre}, others, reference, recogniser, opinion)
            print(
                f"{name} {measured.enrolled_seconds:.0f} s: cosine {np.mean(measured.cosine):.3f} "
                f"(least {min(measured.cosine):.3f}), WER {measured.word_errors / measured.words:.3f}, "
                f"DNSMOS {np.mean(measured.dnsmos):.2f}, enrolment {measured.enrol_cpu_s:.0f} CPU s, "
                f"{measured.voice_bytes / 1000:.0f} kB, n={len(sentences)}",
                flush=True,
            )
            found.append(asdict(measured))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
