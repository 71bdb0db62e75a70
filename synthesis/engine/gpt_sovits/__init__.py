"""GPT-SoVITS in our own PyTorch: checkpoints, token model, vocoder, feature extractors.

engine = load(t2s=Path("s1v3.ckpt"), sovits=Path("s2G2333k.pth"), hubert=Path("chinese-hubert-base"))

Importing this package loads no torch; the modules that compute do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthesis.engine.gpt_sovits.loading import load

__all__ = ["load"]


def __getattr__(name: str) -> Any:
    """``load``, with its module, on first use."""
    if name == "load":
        from synthesis.engine.gpt_sovits.loading import load

        return load
    raise AttributeError(name)
