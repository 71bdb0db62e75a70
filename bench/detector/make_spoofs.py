"""Make what needs more than PyPI packages: ``python -m bench.detector.make_spoofs --out DIR [--neural DIR] [--speech DIR]``.

Sentences of the corpus read by all of :mod:`bench.detector.readers`, and the corpus' speakers through codec2 where ``c2enc`` and
``c2dec`` are installed. Writes ``<system>/<voice>/<number>.flac``, mono 16 kHz, beside what ``safeguards.detector.copies`` made.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from scipy import signal as dsp

from bench.detector.readers import RATE, readers
from bench.identity.corpus import items
from safeguards.detector.copies import generator, originals, save, wanted

_TEXTS = re.compile(r"[^A-Za-z',. ]")
_CLIPS = {"espeak_formant": 4, "espeak_klatt": 5, "flite_diphone": 15, "flite_clustergen": 10, "festival_diphone": 15,
          "festival_hts": 20, "own_engine": 3, "vits_piper": 30, "hibari": 30, "kokoro": 2}  # fmt: skip
_LONGEST = 4 * RATE
_CODEC2 = ("3200", "2400", "1200")


def readings(speech: Path, neural: Path | None, out: Path, seed: int, only: set[str] | None) -> None:
    """Sentences of the corpus read by every voice."""
    texts = sorted({_TEXTS.sub(" ", row.transcript) for row in items(speech) if 25 < len(row.transcript) < 75})
    for reader in readers(neural):
        if only is not None and reader.system not in only:
            continue
        for number in range(_CLIPS[reader.system]):
            target = out / reader.system / reader.voice / f"{number:03d}.flac"
            rng = generator(seed, reader.system, reader.voice, number)
            text = texts[int(rng.integers(len(texts)))]
            if target.exists():
                continue
            made = reader.speak(text, rng)
            if made is None or not len(made):
                continue
            peak = max(float(np.abs(made).max()), 1e-6)
            save(target, np.asarray(made[:_LONGEST] / peak * float(rng.uniform(0.3, 0.9)), dtype=np.float64))


def codec2(speech: Path, out: Path, seed: int) -> None:
    """Speech by a parametric codec of 1.2 to 3.2 kbit/s: pitch, voicing and envelope, and nothing else."""
    if shutil.which("c2enc") is None or shutil.which("c2dec") is None:
        print("codec2 is not installed: no codec2")
        return
    voices = originals(speech)
    for system, voice, number in wanted(voices, ["codec2"], seed):
        target = out / system / voice / f"{number:03d}.flac"
        if target.exists():
            continue
        rng = generator(seed, system, voice, number, "copy")
        piece = voices[voice][int(rng.integers(len(voices[voice])))].piece(rng)
        narrow = dsp.resample_poly(piece / max(float(np.abs(piece).max()), 1e-6) * 0.7, 1, 2)
        mode = str(rng.choice(_CODEC2))
        with tempfile.TemporaryDirectory() as folder:
            raw, bits, back = (Path(folder) / name for name in ("in.raw", "bits", "out.raw"))
            raw.write_bytes((narrow * 32767).astype("<i2").tobytes())
            subprocess.run(["c2enc", mode, str(raw), str(bits)], check=True, capture_output=True)
            subprocess.run(["c2dec", mode, str(bits), str(back)], check=True, capture_output=True)
            made = np.frombuffer(back.read_bytes(), "<i2").astype(np.float64) / 32768.0
        save(target, np.asarray(dsp.resample_poly(made, 2, 1)))


def main() -> None:
    """Make those that are not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--neural", type=Path, help="folder into which the wheels were unpacked")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--systems", nargs="*", help="only these")
    arguments = parser.parse_args()
    only = set(arguments.systems) if arguments.systems else None
    if only is None or "codec2" in only:
        codec2(arguments.speech, arguments.out, arguments.seed)
    readings(arguments.speech, arguments.neural, arguments.out, arguments.seed, only)


if __name__ == "__main__":
    main()
