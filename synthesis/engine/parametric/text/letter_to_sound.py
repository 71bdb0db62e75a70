"""Letters to phones for words that no dictionary has: a small network over the letters of the word.

Each letter stands for a chunk of zero to two phones with stress, chosen by one classification per letter; the alignment of
letters with chunks comes from expectation-maximisation on the CMU dictionary (Black, Lenzo & Pagel 1998, "Issues in
building general letter to sound rules", with a network in place of the trees).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

LETTERS: Final = " abcdefghijklmnopqrstuvwxyz"  # a blank pads
_EMBEDDING: Final = 48
_HIDDEN: Final = 128


class LetterNet(nn.Module):
    """Letters of a word to one chunk class for each."""

    def __init__(self, chunks: int) -> None:
        super().__init__()
        self.letter = nn.Embedding(len(LETTERS), _EMBEDDING)
        self.convs = nn.ModuleList(
            [
                nn.Conv1d(_EMBEDDING, _HIDDEN, 5, padding=2),
                nn.Conv1d(_HIDDEN, _HIDDEN, 5, padding=2),
            ]
        )
        self.recurrent = nn.GRU(_HIDDEN, _HIDDEN, num_layers=2, batch_first=True, bidirectional=True, dropout=0.2)
        self.out = nn.Linear(2 * _HIDDEN, chunks)

    def forward(self, letters: Tensor, lengths: Tensor) -> Tensor:
        """Logits ``[B, L, chunks]`` of letters ``[B, L]`` with true ``lengths`` ``[B]``."""
        mask = (torch.arange(letters.shape[1])[None] < lengths[:, None])[:, None].float()
        x = self.letter(letters).transpose(1, 2) * mask
        for conv in self.convs:
            x = functional.gelu(conv(x)) * mask
        packed = nn.utils.rnn.pack_padded_sequence(x.transpose(1, 2), lengths, batch_first=True, enforce_sorted=False)
        hidden, _ = nn.utils.rnn.pad_packed_sequence(
            self.recurrent(packed)[0], batch_first=True, total_length=letters.shape[1]
        )
        logits: Tensor = self.out(hidden)
        return logits


def encode(word: str) -> list[int]:
    """Letter numbers of a word of ``a-z``."""
    return [LETTERS.index(letter) for letter in word]


class LetterToSound:
    """Pronounces any word of ``a-z``.

    Args:
        weights: arrays of ``LetterNet``.
        chunks: the phones of each class, symbols separated by spaces; an empty string is a silent letter.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.floating]], chunks: tuple[str, ...]) -> None:
        self._chunks = chunks
        self._net = LetterNet(len(chunks))
        self._net.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
        self._net.eval()

    @torch.inference_mode()
    def phones(self, word: str) -> tuple[str, ...]:
        """Phones with stress; empty when the network finds every letter silent, or ``word`` has no letter."""
        letters = [letter for letter in word if letter in LETTERS[1:]]
        if not letters:
            return ()
        encoded = torch.tensor([encode("".join(letters))])
        classes = self._net(encoded, torch.tensor([len(letters)]))[0].argmax(1).tolist()
        return _one_primary_stress([symbol for index in classes for symbol in self._chunks[index].split()])


def _one_primary_stress(symbols: list[str]) -> tuple[str, ...]:
    """The letters are classified one by one, so a word may come out with no main stress, or two."""
    vowels = [index for index, symbol in enumerate(symbols) if symbol[-1].isdigit()]
    primaries = [index for index in vowels if symbols[index][-1] == "1"]
    if vowels and not primaries:
        symbols[vowels[0]] = symbols[vowels[0]][:-1] + "1"
    for index in primaries[1:]:
        symbols[index] = symbols[index][:-1] + "2"
    return tuple(symbols)
