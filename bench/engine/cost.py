"""What a voice and a sentence cost: processor seconds, first sound, memory of a worker."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass

from bench.engine.sentences import SENTENCES
from synthesis.engine import parametric
from synthesis.engine.voice_model import VoiceModel

# The kernel's high-water mark of this program: getrusage would count what the process was before it became this program.
_WORKER = """
import re
from pathlib import Path
from synthesis.engine import parametric
from synthesis.engine.parametric.actors import sandbox_actor
from synthesis.engine.parametric.prompts import SCRIPT
actor = sandbox_actor(1)
for text in SCRIPT[:5]:
    parametric.render(actor, text, seed=1)
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
print(peak())
parametric.enrol([(parametric.render(actor, text, seed=1), text) for text in SCRIPT[:12]])
print(peak())
"""


@dataclass(frozen=True)
class Memory:
    """Peak resident megabytes of a fresh process that renders, and that enrols as well."""

    render_mb: int
    enrol_mb: int


def worker_memory() -> Memory:
    """Run a worker's work in a fresh process."""
    found = subprocess.run(  # our own text
        [sys.executable, "-W", "ignore", "-c", _WORKER], capture_output=True, text=True, check=True
    )
    render, enrol = (int(line) for line in found.stdout.split())
    return Memory(render, enrol)


def first_sound(model: VoiceModel) -> float:
    """Mean processor seconds from asking to the first clause, over the sentences, in a warm process."""
    spent = []
    for sentence in SENTENCES:
        begin = time.process_time()
        next(iter(parametric.stream(model, sentence, seed=1)))
        spent.append(time.process_time() - begin)
    return sum(spent) / len(spent)
