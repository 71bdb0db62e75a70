"""``python -m bench.gpt_sovits.words``: how often ``check_words`` finds a word left out or said twice, in real speech.

Each clip of the committed speech is held against its text as it is, with its longest inner word cut out, and with that word
said twice; borders are those of forced alignment. A clip as it is that is found amiss is a false alarm: a second attempt.
"""

from __future__ import annotations

import argparse

import numpy as np

from audiokit import resample
from safeguards.challenge.check import word_times
from synthesis.engine.gpt_sovits.pipeline.plausibility import amiss
from synthesis.engine.gpt_sovits.sovits.config import SAMPLE_RATE
from tests.speech_data import clips, load


def main() -> None:
    """A line a clip, then the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="number of the first clip")
    parser.add_argument("--clips", type=int, default=10)
    arguments = parser.parse_args()
    english = [clip for clip in clips(min_seconds=2.5) if clip.language == "en" and clip.transcript]
    counts = np.zeros(3, int)
    chosen = english[arguments.first : arguments.first + arguments.clips]
    for clip in chosen:
        audio = resample(load(clip), SAMPLE_RATE)
        samples = audio.to_mono()
        words = (word_times(audio, clip.transcript) or [])[1:-1]
        word, start, end = max(words, key=lambda each: each[2] - each[1])
        first, last = round(start * SAMPLE_RATE), round(end * SAMPLE_RATE)
        ways = (
            samples,
            np.concatenate((samples[:first], samples[last:])),
            np.concatenate((samples[:last], samples[first:])),
        )
        doubts = [amiss(way, clip.transcript) for way in ways]
        counts += np.array(doubts) > 0
        print(f"{word}: as it is {doubts[0]:.2f}, left out {doubts[1]:.2f}, twice {doubts[2]:.2f}", flush=True)
    print(f"{len(chosen)} clips; amiss as they are {counts[0]}, left out {counts[1]}, twice {counts[2]}")


if __name__ == "__main__":
    main()
