"""The engine gpt-sovits with all its parts and hardly any weights, from files, so that it can be fine-tuned in seconds."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import torch

from audiokit import write
from safeguards import vault
from synthesis.engine.gpt_sovits.checkpoints import Kind
from synthesis.engine.gpt_sovits.checkpoints.store import keep
from synthesis.engine.gpt_sovits.engine import GptSovitsEngine
from synthesis.engine.gpt_sovits.loading import load
from synthesis.engine.gpt_sovits.pipeline.options import Options
from synthesis.engine.gpt_sovits.sovits.model import SoVITS
from synthesis.engine.gpt_sovits.t2s.config import T2SConfig
from synthesis.engine.gpt_sovits.t2s.model import T2S
from synthesis.engine.gpt_sovits.train import s1_training, s2_training
from synthesis.engine.gpt_sovits.train.discriminator import Discriminator
from synthesis.engine.gpt_sovits.train.tuning import Plan
from tests.fakes.world import World, make_world, queue_training
from tests.speech_data import clips
from tests.speech_data import load as sound_of
from tests.unit.gpt_sovits import tiny
from voices.models import Recording, Take, Voice
from voices.selectors.enrolments import TRANSCRIPT_CONTEXT

ENGINE = "gpt-sovits"
T2S_SIZES = T2SConfig(
    width=16, heads=2, layers=2, inner=32, phones=732, vocabulary=tiny.CODES + 1, bert=4, max_seconds=4
)
PLAN = Plan(
    s1_training.Settings(epochs=3, batch=2, accumulate=1, learning_rate=1e-3, warmup=1, snapshot_steps=1, held_out=3),
    s2_training.Settings(epochs=1, batch=2, learning_rate=1e-3, snapshot_steps=1, held_out=3, max_steps=4, dropout=0.0),
    least_seconds=5.0,
)


def make_files(folder: Path, *, posterior: bool = True) -> Path:
    """Random weights in our own form, the same every time.

    Args:
        folder: made if need be.
        posterior: with the posterior encoder, without which the second stage cannot be trained.
    """
    torch.manual_seed(31)
    token_model = {f"model.{name}": 0.2 * torch.randn(t.shape) for name, t in T2S(T2S_SIZES).state_dict().items()}
    settings = {"model": {"head": T2S_SIZES.heads, "EOS": T2S_SIZES.eos}, "data": {"max_sec": T2S_SIZES.max_seconds}}
    _keep(folder / "t2s", "s1", token_model, settings)
    second = SoVITS(tiny.replaced(symbols=732), normed=True).state_dict()
    second["quantizer.vq.layers.0._codebook.embed"].normal_()
    kept = {name: t for name, t in second.items() if posterior or not name.startswith("enc_q.")}
    _keep(folder / "sovits", "s2-v2", kept, {})
    _keep(folder / "judge", "s2-discriminator", Discriminator(5, 64).state_dict(), {})
    tiny.hubert_folder(folder / "hubert")
    return folder


def load_engine(folder: Path, plan: Plan = PLAN) -> GptSovitsEngine:
    """The engine of these files; its fine-tuning takes seconds."""
    options = Options(attempts=1)
    files = {name: folder / name for name in ("t2s", "sovits", "hubert")}
    engine = load(**files, discriminator=folder / "judge", options=options)
    engine.fine_tune = partial(engine.fine_tune, plan=plan)  # type: ignore[method-assign]
    return engine


def owner_who_read_aloud(email: str = "speaker@example.org", *, first: int = 0) -> World:
    """Accepted readings of one person, waiting to be trained on.

    Args:
        email: of the owner.
        first: which of the corpus's clips is the first reading.
    """
    world = make_world(trained=False, email=email)
    Voice.objects.filter(pk=world.voice.pk).update(engine=ENGINE)
    spoken = [clip for clip in clips(speaker="kathleen", min_seconds=3.0) if clip.transcript][first:]
    key = world.owner.data_key_id
    for take, clip in zip(Take.objects.filter(enrolment=world.enrolment).order_by("pk"), spoken, strict=False):
        blob = vault.blobs.put(key, write(sound_of(clip), "flac"), kind="recording")
        Recording.objects.filter(pk=take.recording_id).update(blob=blob, seconds=clip.seconds)
        Take.objects.filter(pk=take.pk).update(
            transcript_sealed=vault.seal(key, clip.transcript.encode(), context=TRANSCRIPT_CONTEXT)
        )
    queue_training(world)
    return world


def _keep(folder: Path, kind: Kind, tensors: dict[str, torch.Tensor], config: dict[str, object]) -> None:
    halves = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).detach().numpy()
        for name, tensor in tensors.items()
    }
    keep(
        folder,
        {n: np.ascontiguousarray(a) for n, a in halves.items()},
        kind=kind,
        config=config,
        info="tiny",
        source_sha256="0" * 64,
    )
