"""Speed on one core, in processor time, and memory."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audiokit import Audio
from bench.watermark.attacks import RATE
from bench.watermark.clips import clips
from bench.watermark.detection import key_for
from safeguards.watermark import StreamEmbedder, detect, embed

_PROBE = """
import sys
import numpy as np
from audiokit import Audio
from safeguards.watermark import WatermarkKey, detect

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))

audio = Audio.mono(np.random.default_rng(0).standard_normal(int(float(sys.argv[1]) * 16000)) * 0.1, 16000)
before = peak()
detect(audio, [WatermarkKey.from_bytes(bytes(32))])
print(peak(), before)
"""


def _stream(audio: Audio) -> None:
    stream = StreamEmbedder(RATE, 1, key_for(0))
    samples = audio.samples[0]
    for at in range(0, len(samples), RATE // 5):
        stream.push(samples[at : at + RATE // 5])
    stream.flush()


def _times_real(work: Callable[[Audio], object], sounds: list[Audio]) -> float:
    """Seconds of sound per second of processor time, after one warm-up."""
    work(sounds[0])
    start = time.process_time()
    for sound in sounds:
        work(sound)
    return sum(sound.seconds for sound in sounds) / (time.process_time() - start)


def speed_table(folder: Path, split: str, count: int) -> list[dict[str, Any]]:
    """Embedding, streaming and detection at 1, 5 and 10 s. Run with one thread for figures of one core."""
    rows: list[dict[str, Any]] = []
    for seconds in (1.0, 5.0, 10.0):
        plain = [Audio.mono(c.samples, RATE) for c in clips(folder, split, seconds, count)]
        marked = [embed(a, 1, key_for(0)).audio for a in plain]
        rows.append(
            {
                "seconds": seconds,
                "n": len(plain),
                "embed_times_real": _times_real(lambda a: embed(a, 1, key_for(0)), plain),
                "stream_times_real": _times_real(_stream, plain),
                "detect_marked_times_real": _times_real(lambda a: detect(a, [key_for(0)]), marked),
                "detect_unmarked_times_real": _times_real(lambda a: detect(a, [key_for(0)]), plain),
            }
        )
    return rows


def detect_memory(seconds: float) -> dict[str, Any]:
    """Peak resident memory of a process that detects in ``seconds`` of noise, and what it had after its imports, in MiB."""
    out = subprocess.run(
        [sys.executable, "-c", _PROBE, str(seconds)],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    ).stdout.split()
    return {"seconds": seconds, "detect_peak_mib": int(out[0]), "after_imports_mib": int(out[1])}
