"""Reading foreign checkpoints without running them, and keeping them as safetensors."""

from __future__ import annotations

from synthesis.engine.gpt_sovits.checkpoints.reader import Checkpoint, read_checkpoint
from synthesis.engine.gpt_sovits.checkpoints.store import Manifest, StoredWeights, convert, load_stored
from synthesis.engine.gpt_sovits.checkpoints.versions import Kind, detect

__all__ = ["Checkpoint", "Kind", "Manifest", "StoredWeights", "convert", "detect", "load_stored", "read_checkpoint"]
