"""Which model a set of weights is: by names and shapes, never by file name, size or tag.

The trainer's header tag and file sizes are hints that anybody can change; the weights must fit anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

from synthesis.engine.gpt_sovits.errors import CheckpointError

Kind = Literal["s1", "s2-v1", "s2-v2", "s2-v2Pro", "s2-v2ProPlus", "s2-discriminator", "sv"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

SYMBOLS_V1: Final = 322
SYMBOLS_V2: Final = 732
_PROPLUS_CHANNELS: Final = 768


def detect(shapes: Mapping[str, tuple[int, ...]], *, config_version: str = "") -> Kind:
    """Find the kind of a checkpoint.

    Args:
        shapes: shape of each tensor by upstream's name.
        config_version: ``config.model.version``; settles v2Pro against v2ProPlus where widths are unusual.

    Raises:
        CheckpointError: ``checkpoint_unsupported`` for v3, v4, LoRA and unknown files.
    """
    if any("lora_A" in name or "lora_B" in name for name in shapes):
        raise CheckpointError("checkpoint_unsupported", "LoRA checkpoints are not run by this engine.")
    if any(name.startswith("cfm.") for name in shapes):
        raise CheckpointError("checkpoint_unsupported", "This is v3 or v4 (flow matching); v1 to v2ProPlus are run.")
    if "model.ar_predict_layer.weight" in shapes:
        return "s1"
    if "layer3_ds.weight" in shapes and "fuse34.local_att.0.weight" in shapes:
        return "sv"
    if "discriminators.0.convs.0.weight_g" in shapes:
        return "s2-discriminator"
    symbols = shapes.get("enc_p.text_embedding.weight", (0,))[:1]
    if symbols not in ((SYMBOLS_V1,), (SYMBOLS_V2,)) or "dec.conv_pre.weight" not in shapes:
        raise CheckpointError("checkpoint_unsupported", "The names of the weights belong to no known model.")
    if "sv_emb.weight" in shapes:
        plus = shapes["dec.conv_pre.weight"][:1] == (_PROPLUS_CHANNELS,) or config_version == "v2ProPlus"
        return "s2-v2ProPlus" if plus else "s2-v2Pro"
    return "s2-v1" if symbols == (SYMBOLS_V1,) else "s2-v2"
