"""The released files of each version: where they lie below ``pretrained_models`` and about how large they are.

Sizes are upstream's parameters times two bytes and serve as bounds only. Nobody here has held the files, so there are no
digests: ``pull`` asks for a pin file that has them (docs/models.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Role = Literal["t2s", "sovits", "discriminator", "sv", "hubert", "bert", "g2pw"]


@dataclass(frozen=True, slots=True)
class Released:
    """One file: what it is for, path, size in MB. ``optional`` files serve training or one language."""

    role: Role
    path: str
    megabytes: int
    optional: bool = False


_HUBERT: Final = tuple(
    Released("hubert", f"chinese-hubert-base/{name}", size)
    for name, size in (("config.json", 1), ("preprocessor_config.json", 1), ("pytorch_model.bin", 189))
)
_BERT: Final = tuple(
    Released("bert", f"chinese-roberta-wwm-ext-large/{name}", size, optional=True)
    for name, size in (("config.json", 1), ("tokenizer.json", 1), ("pytorch_model.bin", 651))
)
_SV: Final = Released("sv", "sv/pretrained_eres2netv2w24s4ep4.ckpt", 107)
_S1V3: Final = Released("t2s", "s1v3.ckpt", 155)

VERSIONS: Final[dict[str, tuple[Released, ...]]] = {
    "v1": (
        Released("t2s", "s1bert25hz-2kh-longer-epoch=68e-step=50232.ckpt", 155),
        Released("sovits", "s2G488k.pth", 106),
        Released("discriminator", "s2D488k.pth", 94, optional=True),
        *_HUBERT,
        *_BERT,
    ),
    "v2": (
        Released("t2s", "gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt", 155),
        Released("sovits", "gsv-v2final-pretrained/s2G2333k.pth", 106),
        Released("discriminator", "gsv-v2final-pretrained/s2D2333k.pth", 94, optional=True),
        *_HUBERT,
        *_BERT,
    ),
    "v2Pro": (
        _S1V3,
        Released("sovits", "v2Pro/s2Gv2Pro.pth", 162),
        Released("discriminator", "v2Pro/s2Dv2Pro.pth", 126, optional=True),
        _SV,
        *_HUBERT,
        *_BERT,
    ),
    "v2ProPlus": (
        _S1V3,
        Released("sovits", "v2Pro/s2Gv2ProPlus.pth", 200),
        Released("discriminator", "v2Pro/s2Dv2ProPlus.pth", 126, optional=True),
        _SV,
        *_HUBERT,
        *_BERT,
    ),
}
"""By version, as ``pull`` and ``add --version`` name them."""
