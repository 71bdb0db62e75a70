"""What can go wrong with weights that somebody else made."""

from __future__ import annotations

from synthesis.engine.errors import EngineError


class CheckpointError(EngineError):
    """A file of weights that will not be used.

    Codes: ``checkpoint_unreadable`` (truncated, not a checkpoint, damaged), ``checkpoint_forbidden`` (asks for anything
    but tensors and plain values), ``checkpoint_too_large``, ``checkpoint_unsupported`` (a known kind that this engine does
    not run), ``checkpoint_shape``, ``checkpoint_not_finite``, ``checkpoint_digest``.
    """
