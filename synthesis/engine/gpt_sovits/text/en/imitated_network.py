"""The letter-to-sound network that the models' makers use for unknown words, read from the package g2p_en.

Only for comparison with their output. The package itself is never imported: its import fetches data from the network.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import nn

_LETTERS: Final = ("<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz")
_VOWELS: Final = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
_OTHERS: Final = (
    "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH", "UW", "V", "W",
    "Y", "Z", "ZH",
)  # fmt: skip
_PHONES: Final = ("<pad>", "<unk>", "<s>", "</s>", *sorted((*(v + s for v in _VOWELS for s in "012"), *_OTHERS)))
_LONGEST: Final = 20


class Network(nn.Module):
    """A GRU over the letters and one that writes phones."""

    def __init__(self, arrays: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self._arrays = arrays
        self.reader, self.writer = (self._cell(arrays, side) for side in ("enc", "dec"))

    @staticmethod
    def _cell(arrays: dict[str, torch.Tensor], side: str) -> nn.GRUCell:
        rows, width = arrays[f"{side}_w_ih"].shape
        cell = nn.GRUCell(width, rows // 3)
        names = {"weight_ih": "w_ih", "weight_hh": "w_hh", "bias_ih": "b_ih", "bias_hh": "b_hh"}
        cell.load_state_dict({name: arrays[f"{side}_{theirs}"] for name, theirs in names.items()})
        return cell

    @torch.inference_mode()
    def phones(self, word: str) -> tuple[str, ...]:
        """Phones of a word; what is no letter counts as unknown."""
        state = torch.zeros(1, self.reader.hidden_size)
        for letter in (*word, "</s>"):
            index = _LETTERS.index(letter) if letter in _LETTERS else 1
            state = self.reader(self._arrays["enc_emb"][index][None], state)
        index, written = _PHONES.index("<s>"), []
        for _ in range(_LONGEST):
            state = self.writer(self._arrays["dec_emb"][index][None], state)
            index = int((state @ self._arrays["fc_w"].T + self._arrays["fc_b"]).argmax())
            if _PHONES[index] == "</s>":
                break
            written.append(_PHONES[index])
        return tuple(written)


@cache
def network() -> Network | None:
    """The network, or None where g2p_en is not installed."""
    found = find_spec("g2p_en")
    if found is None or found.origin is None:
        return None
    with np.load(Path(found.origin).parent / "checkpoint20.npz", allow_pickle=False) as arrays:
        return Network({name: torch.from_numpy(np.array(arrays[name])).float() for name in arrays.files})
