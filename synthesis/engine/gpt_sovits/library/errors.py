"""What can go wrong with a set of models."""

from __future__ import annotations

from synthesis.engine.errors import EngineError


class ModelError(EngineError):
    """A set of models that cannot be fetched, taken in or used.

    Codes: ``model_unknown``, ``model_name``, ``model_exists``, ``model_incomplete`` (a part is missing or two would do),
    ``model_unpinned`` (no digest is given), ``model_digest`` (other bytes than were pinned), ``model_too_large``,
    ``model_type`` (not the kind of file its name says), ``model_path`` (a name or link that leads out of its folder),
    ``model_unreachable`` (no source answered).
    """
