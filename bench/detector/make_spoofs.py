"""Make synthetic speech to train and measure on: ``python -m bench.detector.make_spoofs --speech DIR --out DIR``.

Copy-synthesis of every speaker of the corpus by ``vocoders``, and, where the programs are installed, sentences of the
corpus read by espeak-ng (formant and Klatt voices), flite (diphone and clustergen) and festival (diphone and HTS).
Writes ``<system>/<voice>/<number>.flac``, mono 16 kHz. Programs are found on the PATH and run with fixed arguments.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiokit import Audio, read, resample, write
from bench.detector.vocoders import RATE, VOCODERS
from bench.identity.corpus import Item, by_speaker, items

_LONGEST = 8 * RATE
_TEXTS = re.compile(r"[^A-Za-z',. ]")
# system: (program, voices, clips of each voice)
_READERS: dict[str, tuple[str, tuple[str, ...], int]] = {
    "espeak_formant": (
        "espeak-ng",
        (
            "en-us",
            "en-gb",
            "en-gb-scotland",
            "en-us+m3",
            "en-us+m7",
            "en-us+f2",
            "en-us+f4",
            "en-gb+f3",
            "en-gb-x-rp",
            "en-us+croak",
        ),
        14,
    ),
    "espeak_klatt": (
        "espeak-ng",
        ("en-us+klatt", "en-us+klatt2", "en-us+klatt3", "en-us+klatt4", "en-gb+klatt5", "en-gb+klatt6"),
        16,
    ),
    "flite_diphone": ("flite", ("kal", "kal16"), 35),
    "flite_clustergen": ("flite", ("awb", "rms", "slt"), 35),
    "festival_diphone": ("festival", ("kal_diphone", "ked_diphone"), 45),
    "festival_hts": ("festival", ("cmu_us_slt_arctic_hts",), 45),
}


def copies(rows: list[Item], out: Path, rng: np.random.Generator) -> None:
    """Every vocoder on up to eight recordings of those who have many, and on most of the others' one."""
    for system, vocoder in VOCODERS.items():
        for voice, own in by_speaker(rows).items():
            many = len(own) > 9
            if not many and rng.random() > 0.6:
                continue
            for number in range(8 if many else 1):
                samples = own[int(rng.integers(len(own)))].load().to_mono()
                start = int(rng.integers(0, max(1, len(samples) - _LONGEST)))
                original = samples[start : start + _LONGEST].astype(np.float64)
                made = vocoder(original, rng)
                level = np.sqrt(np.mean(original**2) / max(float(np.mean(made**2)), 1e-12))
                _save(out / system / voice / f"{number:03d}.flac", made * level)


def readings(rows: list[Item], out: Path, rng: np.random.Generator) -> None:
    """Sentences of the corpus read by every program that is installed."""
    texts = sorted({_TEXTS.sub(" ", row.transcript) for row in rows if 25 < len(row.transcript) < 130})
    for system, (program, voices, count) in _READERS.items():
        path = shutil.which(program)
        if path is None:
            print(f"{program} is not installed: no {system}")
            continue
        for voice in voices:
            for number in range(count):
                target = out / system / voice / f"{number:03d}.flac"
                _read_aloud(path, program, voice, texts[int(rng.integers(len(texts)))], target, rng)


def _read_aloud(path: str, program: str, voice: str, text: str, target: Path, rng: np.random.Generator) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    wav = target.with_suffix(".wav")
    speed, pitch = str(int(rng.integers(130, 186))), str(int(rng.integers(35, 66)))
    commands = {
        "espeak-ng": [path, "-v", voice, "-s", speed, "-p", pitch, "-w", str(wav), text],
        "flite": [path, "-voice", voice, "-t", text, "-o", str(wav)],
        "festival": [
            path,
            "-b",
            f"(voice_{voice})",
            f'(set! u (Utterance Text "{text}"))',
            "(utt.synth u)",
            f'(utt.save.wave u "{wav}" (quote riff))',
        ],
    }
    subprocess.run(commands[program], check=False, capture_output=True)
    if not wav.is_file():
        return
    samples = resample(read(wav, max_seconds=60.0, max_bytes=20_000_000), RATE).to_mono()
    wav.unlink()
    peak = max(float(np.abs(samples).max()), 1e-6)
    _save(target, samples / peak * float(rng.uniform(0.3, 0.9)))


def _save(path: Path, samples: NDArray[np.floating]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    peak = float(np.abs(samples).max())
    if not np.isfinite(peak) or peak < 1e-4:
        return
    path.write_bytes(write(Audio.mono(samples / max(1.0, peak / 0.95), RATE), "flac"))


def main() -> None:
    """Make everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=11)
    arguments = parser.parse_args()
    rows = [
        row
        for row in items(arguments.speech)
        if row.kind == "bonafide" and row.set != "fsdd" and row.codec == "flac" and row.seconds > 1.8
    ]
    copies(rows, arguments.out, np.random.default_rng(arguments.seed))
    readings(rows, arguments.out, np.random.default_rng(arguments.seed + 1))


if __name__ == "__main__":
    main()
