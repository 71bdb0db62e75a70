"""``python -m bench.engine [--quick] [--json OUT] [--samples DIR]``: clone people never trained on, and measure."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from audiokit import Audio
from bench.engine import cost, figures, flite, real_speech, samples
from bench.engine.encoder import embed
from bench.engine.owners import Owner, owners, strangers
from bench.engine.quality import Dnsmos
from bench.engine.recogniser import Recogniser
from bench.engine.sentences import SENTENCES
from synthesis.engine import parametric
from synthesis.engine.parametric import world
from synthesis.engine.voice_model import VoiceModel

_REFERENCE_SECONDS = 60.0  # likeness is to so much of the owner, however much is enrolled
_SHARED = Path(__file__).resolve().parents[3] / "shared"


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two owners, five sentences, no memory figure")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--samples", type=Path, help="folder for the clips and the similarity matrix")
    parser.add_argument("--shared", type=Path, default=_SHARED, help="folder that holds speech/ and peers/dnsmos/")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of an enrolment")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    speech = arguments.shared / "speech"
    everyone = owners(speech, arguments.seconds)
    cloned = everyone[:2] if arguments.quick else everyone
    sentences = SENTENCES[:5] if arguments.quick else SENTENCES
    enrolled = {
        owner.name: figures.centroid([audio for audio, _ in owner.enrolment])
        for owner in owners(speech, _REFERENCE_SECONDS)
    }
    others = [embed(audio) for audio in strangers(speech)]
    reference = figures.Reference(
        [float(embed(audio) @ enrolled[owner.name]) for owner in everyone for audio in owner.held_out],
        np.array([other @ centre for other in others for centre in enrolled.values()], dtype=np.float32),
    )
    print(
        f"real speech of the owner {np.mean(reference.same):.3f} (n={len(reference.same)}), "
        f"strangers {reference.strangers.mean():.3f}, 99th percentile {reference.threshold:.3f} "
        f"(n={len(reference.strangers)})"
    )
    recogniser = Recogniser(speech)
    folder = arguments.shared / "peers" / "dnsmos"
    opinion = Dnsmos(folder) if folder.exists() else None
    found = []
    spoken: dict[str, list[Audio]] = {}
    models: dict[str, VoiceModel] = {}
    for owner in cloned:
        measured, clips, models[owner.name] = clone(owner, sentences, enrolled, others, reference, recogniser, opinion)
        found.append(measured)
        spoken[owner.name] = clips
        print(
            f"{owner.name} {owner.sex} {owner.seconds:.0f} s: cosine {np.mean(measured.cosine):.3f} "
            f"(least clip {min(measured.cosine):.3f}), rank-1 {np.mean(measured.first):.2f}, "
            f"above FAR 1 % {np.mean(measured.accepted):.2f}, WER {measured.word_errors / measured.words:.3f}, "
            f"enrolment {measured.enrol_cpu_s:.0f} CPU s",
            flush=True,
        )
    table = figures.summary(found)
    for name, (mean, low, high) in table.items():
        print(f"{name:20s} {mean:8.3f}  [{low:.3f}, {high:.3f}]  n={len(found)} owners x {len(sentences)} sentences")
    other = _flite(sentences, recogniser, opinion)
    copies = _copies(cloned, enrolled, opinion)
    print("flite", other, "WORLD copy of real speech", copies)
    own_words = real_speech.word_errors(cloned, models, speech)
    for part, who in own_words.items():
        for name, (rate, low, high, words) in real_speech.rates(who).items():
            print(f"WER on takes {part:8s} {name:10s} {rate:.3f}  [{low:.3f}, {high:.3f}]  n={words} words")
    memory = None if arguments.quick else asdict(cost.worker_memory())
    print("memory", memory)
    if arguments.samples:
        samples.write(arguments.samples, spoken, enrolled, reference.threshold)
    if arguments.json:
        facts = {
            "reference": {
                "same": reference.same,
                "threshold": reference.threshold,
                "strangers": len(reference.strangers),
            },
            "summary": table,
            "owners": [asdict(owner) for owner in found],
            "flite": other,
            "word_errors_on_own_takes": own_words,
            "world_copy": copies,
            "memory": memory,
        }
        arguments.json.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


def clone(
    owner: Owner,
    sentences: tuple[str, ...],
    enrolled: dict[str, figures.Floats],
    others: list[figures.Floats],
    reference: figures.Reference,
    recogniser: Recogniser,
    opinion: Dnsmos | None,
) -> tuple[figures.OwnerFigures, list[Audio], VoiceModel]:
    """Enrol ``owner``, say the sentences, and measure; ``enrolled`` holds everybody's centre, ``others`` strangers."""
    begin = time.process_time()
    model = parametric.enrol(owner.enrolment)
    enrol_s = time.process_time() - begin
    begin = time.process_time()
    clips = [parametric.render(model, sentence, seed=1) for sentence in sentences]
    render_s = time.process_time() - begin
    embeddings = [embed(clip) for clip in clips]
    cosine = [float(embedding @ enrolled[owner.name]) for embedding in embeddings]
    rivals = [*others, *(centre for name, centre in enrolled.items() if name != owner.name)]
    errors = [recogniser.errors(clip.to_mono(), text) for clip, text in zip(clips, sentences, strict=True)]
    measured = figures.OwnerFigures(
        name=owner.name,
        enrolled_seconds=owner.seconds,
        cosine=cosine,
        first=[
            bool(own > max(float(embedding @ rival) for rival in rivals))
            for own, embedding in zip(cosine, embeddings, strict=True)
        ],
        accepted=[value > reference.threshold for value in cosine],
        word_errors=sum(wrong for wrong, _ in errors),
        words=sum(words for _, words in errors),
        dnsmos=[opinion(clip.to_mono())[2] for clip in clips] if opinion else [],
        enrol_cpu_s=enrol_s,
        rtf=render_s / sum(clip.seconds for clip in clips),
        first_sound_s=cost.first_sound(model),
        voice_bytes=len(model.to_bytes()),
    )
    return measured, clips, model


def _copies(cloned: list[Owner], enrolled: dict[str, figures.Floats], opinion: Dnsmos | None) -> dict[str, float | int]:
    """Held-out real speech and its WORLD copy: the most that this vocoder can reach."""
    cosine, real, copied = [], [], []
    for owner in cloned:
        for audio in owner.held_out:
            copy = world.synthesise(world.analyse(world.level(audio.to_mono())))
            cosine.append(float(embed(Audio.mono(copy, world.SAMPLE_RATE)) @ enrolled[owner.name]))
            if opinion:
                real.append(opinion(audio.to_mono())[2])
                copied.append(opinion(copy)[2])
    found: dict[str, float | int] = {"n": len(cosine), "cosine": float(np.mean(cosine))}
    if opinion:
        found |= {"dnsmos_real": float(np.mean(real)), "dnsmos": float(np.mean(copied))}
    return found


def _flite(sentences: tuple[str, ...], recogniser: Recogniser, opinion: Dnsmos | None) -> dict[str, float] | None:
    """The same sentences by flite's female and male voice, where flite is installed."""
    if not flite.installed():
        return None
    errors, scores = [], []
    for voice in flite.VOICES:
        for text in sentences:
            samples = flite.speak(voice, text)
            errors.append(recogniser.errors(samples, text))
            scores.append(opinion(samples)[2] if opinion else float("nan"))
    return {"WER": sum(e for e, _ in errors) / sum(n for _, n in errors), "dnsmos": float(np.mean(scores))}


if __name__ == "__main__":
    main()
