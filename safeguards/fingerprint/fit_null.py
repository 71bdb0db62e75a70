"""Fit the null of ``matching``: best scores between unrelated recordings of training speakers, by overlap.

``python -m safeguards.fingerprint.fit_null --speech DIR`` prints the four constants. Gumbel by moments at each query length, then a
straight line over 1/sqrt(count) for its place and its width.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from audiokit import Audio
from safeguards.fingerprint import matching, train
from safeguards.fingerprint.distortions import DISTORTIONS
from safeguards.fingerprint.extraction import extract
from safeguards.fingerprint.patches import RATE
from safeguards.fingerprint.record import Record

LENGTHS_S = (1.0, 1.5, 2.0, 3.0, 4.5, 6.5)
_EULER = 0.5772156649


def main() -> None:
    """Print the constants."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=120)
    arguments = parser.parse_args()
    rng = np.random.default_rng(train.SEED + 1)
    chosen = train.clips(arguments.speech, test=False, per_speaker=4)
    rng.shuffle(chosen)
    waves = [train.load(arguments.speech, clip) for clip in chosen[: arguments.clips]]
    records = [Record.from_bytes(extract(Audio.mono(wave, RATE))) for wave in waves]
    rows = []
    for length in LENGTHS_S:
        scores = []
        for number, wave in enumerate(waves):
            start = int(rng.integers(0, max(1, len(wave) - int(length * RATE))))
            piece = wave[start : start + int(length * RATE)]
            changed = DISTORTIONS[str(rng.choice(list(DISTORTIONS)))](piece, rng)
            query = Record.from_bytes(extract(Audio.mono(changed / max(1.0, np.abs(changed).max()), RATE)))
            for other in rng.choice(len(records), 20, replace=False):
                if other != number:
                    match = matching.align(query, records[int(other)], "")
                    if match is not None:
                        scores.append((match.score, match.overlap_s))
        values = np.array([score for score, _ in scores])
        count = float(np.mean([overlap for _, overlap in scores])) / 0.25
        width = values.std() * np.sqrt(6) / np.pi
        rows.append((1 / np.sqrt(count), values.mean() - _EULER * width, width))
        sys.stdout.write(
            f"{length} s: n {len(values)} count {count:.1f} place {rows[-1][1]:.4f} width {width:.4f} max {values.max():.3f}\n"
        )
    table = np.array(rows)
    place = np.polyfit(table[:, 0], table[:, 1], 1)
    width_line = np.polyfit(table[:, 0], table[:, 2], 1)
    sys.stdout.write(
        f"_NULL_PLACE = ({place[1]:.4f}, {place[0]:.4f})\n_NULL_WIDTH = ({width_line[1]:.4f}, {width_line[0]:.4f})\n"
    )


if __name__ == "__main__":
    main()
