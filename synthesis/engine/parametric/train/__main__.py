"""``python -m synthesis.engine.parametric.train --data DIR``: retrain the base weights from the recordings in DIR.

Stages keep what they did in ``--cache``, so that a run can be cut off and taken up again. Letters need no recordings.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from synthesis.engine.parametric import acoustic as acoustics
from synthesis.engine.parametric.base import base_model, lexicon
from synthesis.engine.parametric.engine import aligner
from synthesis.engine.parametric.reading import Reading
from synthesis.engine.parametric.train import acoustic, corpus, letters, packing, pairing, prosody, teachers, vocoder

_WEIGHTS = Path(__file__).parent.parent / "weights"


def _report(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    """Train the stages asked for and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv")
    parser.add_argument("--cache", type=Path, required=True, help="folder for measured recordings")
    parser.add_argument("--out", type=Path, default=_WEIGHTS)
    parser.add_argument("--stage", choices=("letters", "corpus", "base", "vocoder"), default="base")
    parser.add_argument("--minutes", type=float, default=60.0, help="use about this much speech")
    parser.add_argument("--acoustic-steps", type=int, default=2000)
    parser.add_argument("--prosody-steps", type=int, default=1500)
    parser.add_argument("--vocoder-steps", type=int, default=2000)
    parser.add_argument(
        "--slice-seconds", type=float, default=600.0, help="the vocoder's training stops, to be taken up again"
    )
    parser.add_argument("--onward", action="store_true", help="start from the released weights, not from nothing")
    parser.add_argument("--teachers", action="store_true", help="let the acoustic network hear flite's voices as well")
    parser.add_argument("--width", type=int, default=acoustics.AcousticConfig().hidden, help="of the acoustic network")
    parser.add_argument("--batch", type=int, default=8, help="windows in a step")
    parser.add_argument("--jury", type=int, default=1, help="how many times as wide the vocoder's jury is")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--workers", type=int, default=0, help="processes that draw batches ahead")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.stage == "letters":
        _train_letters(arguments.out, arguments.seed)
        return
    pairs = []
    seconds = 0.0
    for take, reading in corpus.readings(corpus.takes(arguments.data), arguments.cache, aligner(), lexicon(), _report):
        pairs.append((take, reading))
        seconds += take.seconds
        if seconds > 60 * arguments.minutes:
            break
    _report(f"corpus {len(pairs)} takes, {seconds / 60:.1f} min")
    if arguments.stage == "corpus":
        return
    if arguments.stage == "vocoder":
        _train_vocoder(arguments, pairs)
        return
    speakers, held_back = corpus.split(pairs)
    schedule = acoustic.Schedule(
        steps=arguments.acoustic_steps, batch=arguments.batch, seed=arguments.seed, workers=arguments.workers
    )
    released = base_model() if arguments.onward else None
    synthetic = []
    if arguments.teachers:
        transcripts = [take.transcript for take in corpus.takes(arguments.data) if take.transcript]
        synthetic = list(teachers.speakers(transcripts, arguments.cache / "teachers", lexicon()))
    net, normaliser = acoustic.train(
        speakers,
        held_back,
        schedule,
        _report,
        (released.acoustic, released.normaliser) if released else None,
        arguments.cache / _checkpoint_name(arguments),
        synthetic,
        config=acoustics.AcousticConfig.of_width(arguments.width),
        device=arguments.device,
    )
    tune, usual = prosody.train(
        speakers,
        held_back,
        arguments.prosody_steps,
        _report,
        seed=arguments.seed,
        start=(released.prosody, released.usual_log_durations) if released else None,
    )
    arrays = packing.half(net, "acoustic.") | packing.half(tune, "prosody.")
    arrays |= {f"normaliser.{name}": getattr(normaliser, name) for name in normaliser.__dataclass_fields__}
    arrays |= {
        "usual_log_durations": usual,
        "speaker_axes": packing.speaker_axes(speakers, normaliser),
        "global_variance": packing.global_variance(speakers),
    }
    facts = {
        "base": {
            "minutes": round(seconds / 60, 1),
            "takes": len(pairs),
            "training_speakers": len(speakers),
            "held_back_speakers": len(held_back),
            "sets": list(corpus.TRAINING_SETS),
            "never_used": corpus.TEST_SET,
            "acoustic_steps": arguments.acoustic_steps,
            "prosody_steps": arguments.prosody_steps,
            "started_from": released.version if released else "nothing",
            "teachers": teachers.MINUTES if arguments.teachers else {},
            "seed": arguments.seed,
        }
    }
    packing.write(arguments.out, {"base.safetensors": arrays}, facts)


def _checkpoint_name(arguments: argparse.Namespace) -> str:
    """Another schedule, seed or amount of speech is another training, and must not take this one's state up."""
    kind = "onward" if arguments.onward else "base"
    kind += "-teachers" if arguments.teachers else ""
    kind += f"-{arguments.width}x{arguments.batch}"
    return f"acoustic-{kind}-{arguments.minutes:g}min-{arguments.acoustic_steps}-seed{arguments.seed}.pt"


def _train_letters(out: Path, seed: int) -> None:
    net, classes, rate = letters.train(_report, seed=seed)
    arrays = packing.half(net, "")
    arrays["chunks"] = np.frombuffer("\n".join(classes).encode("ascii"), dtype=np.uint8)
    facts = {"letters": {"phone_error_rate": round(rate, 4), "held_out": "one word in twenty", "seed": seed}}
    packing.write(out, {"letters.safetensors": arrays}, facts)


def _train_vocoder(arguments: argparse.Namespace, measured: list[tuple[corpus.Take, Reading]]) -> None:
    """One slice; when the last step is done, the weights are written."""
    base = base_model()
    training, held_back = (pairing.pairs(speakers, base) for speakers in corpus.by_speaker(measured))
    schedule = vocoder.Schedule(
        steps=arguments.vocoder_steps,
        fall=max(arguments.vocoder_steps, vocoder.Schedule.fall),
        batch=arguments.batch,
        jury=arguments.jury,
        seed=arguments.seed,
        workers=arguments.workers,
    )
    name = (
        f"vocoder-{arguments.minutes:g}min-{schedule.steps}x{schedule.batch}-jury{schedule.jury}-seed{schedule.seed}.pt"
    )
    checkpoint = arguments.cache / name
    net, done = vocoder.train(
        training, held_back, schedule, _report, checkpoint, arguments.slice_seconds, arguments.device
    )
    if done == schedule.steps:
        facts = {
            "steps": done,
            "minutes": arguments.minutes,
            "training_speakers": len(training),
            "held_back_speakers": len(held_back),
            "predicted_by": base.version,
            "seed": schedule.seed,
            "never_used": corpus.TEST_SET,
        }
        packing.write(arguments.out, {"vocoder.safetensors": packing.half(net, "")}, {"vocoder": facts})


if __name__ == "__main__":
    main()
