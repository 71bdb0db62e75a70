"""Training of letter-to-sound on the CMU dictionary."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import torch
from torch.nn import functional

from synthesis.engine.parametric.text.letter_to_sound import LetterNet, LetterToSound, encode
from synthesis.engine.parametric.text.lexicon import dictionary

Pair = tuple[str, tuple[str, ...]]
Aligned = tuple[str, tuple[str, ...]]  # the word, and a chunk of phones for each letter

_MAX_CHUNK: Final = 2
_RARE: Final = 12  # chunks seen less often are not classes


def pairs() -> list[Pair]:
    """Plain words of the dictionary with their first pronunciation, sorted."""
    return [
        (word, tuple(phones.split()))
        for word, phones in sorted(dictionary().items())
        if re.fullmatch(r"[a-z]{2,}", word) and len(phones.split()) <= _MAX_CHUNK * len(word)
    ]


def align(words: Sequence[Pair], rounds: int = 4) -> list[Aligned]:
    """Best split of each pronunciation into chunks for the letters, by hard expectation-maximisation."""
    cost: dict[tuple[str, str], float] = {}
    found: list[Aligned] = []
    for _ in range(rounds):
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        found = []
        for word, phones in words:
            chunks = _best_split(word, phones, cost)
            if chunks is not None:
                found.append((word, chunks))
                for letter, chunk in zip(word, chunks, strict=True):
                    counts[letter][re.sub(r"\d", "", chunk)] += 1
        cost = {
            (letter, chunk): -math.log((count + 0.1) / (sum(counter.values()) + 1))
            for letter, counter in counts.items()
            for chunk, count in counter.items()
        }
    return found


def _best_split(word: str, phones: tuple[str, ...], cost: dict[tuple[str, str], float]) -> tuple[str, ...] | None:
    plain = [re.sub(r"\d", "", phone) for phone in phones]
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for place, letter in enumerate(word):
        row: dict[int, tuple[float, int]] = {}
        for used, (so_far, _) in best[-1].items():
            for size in range(_MAX_CHUNK + 1):
                end = used + size
                if end > len(phones):
                    break
                chunk = " ".join(plain[used:end])
                # Before anything is known: one phone for each letter, spread evenly.
                start_cost = (0.5, 0.0, 2.0)[size] + 0.1 * abs(end - (place + 1) * len(phones) / len(word))
                total = so_far + (cost.get((letter, chunk), 12.0) if cost else start_cost)
                if end not in row or total < row[end][0]:
                    row[end] = (total, size)
        best.append(row)
    end = len(phones)
    if end not in best[-1]:
        return None
    chunks = []
    for place in range(len(word), 0, -1):
        size = best[place][end][1]
        chunks.append(" ".join(phones[end - size : end]))
        end -= size
    return tuple(chunks[::-1])


def train(report: Callable[[str], None], steps: int = 6000, seed: int = 0) -> tuple[LetterNet, tuple[str, ...], float]:
    """Network, its classes, and the phone error rate (with stress) on one word in twenty, never trained on."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    words = pairs()
    order = rng.permutation(len(words))
    held = {words[index][0] for index in order[: len(words) // 20]}
    aligned = align([pair for pair in words if pair[0] not in held])
    counts = Counter(chunk for _, chunks in aligned for chunk in chunks)
    classes = tuple(sorted(chunk for chunk, count in counts.items() if count >= _RARE))
    number = {chunk: index for index, chunk in enumerate(classes)}
    usable = [(word, chunks) for word, chunks in aligned if all(chunk in number for chunk in chunks)]
    report(f"letters {len(usable)} words {len(classes)} classes")
    net = LetterNet(len(classes))
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-3)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * min(1.0, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * step / steps)) + 1e-6
        chosen = [usable[index] for index in rng.integers(len(usable), size=96)]
        letters = [torch.tensor(encode(word)) for word, _ in chosen]
        targets = [torch.tensor([number[chunk] for chunk in chunks]) for _, chunks in chosen]
        lengths = torch.tensor([len(item) for item in letters])
        net.train()
        logits = net(torch.nn.utils.rnn.pad_sequence(letters, batch_first=True), lengths)
        wanted = torch.nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        value = functional.cross_entropy(logits.flatten(0, 1), wanted.flatten())
        optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if (step + 1) % 500 == 0:
            report(f"letters {step + 1}/{steps} loss {value.item():.3f}")
    weights = {name: value.numpy() for name, value in net.eval().state_dict().items()}
    speaker = LetterToSound(weights, classes)
    test = [pair for pair in words if pair[0] in held]
    errors = sum(edit_distance(speaker.phones(word), phones) for word, phones in test)
    rate = errors / sum(len(phones) for _, phones in test)
    report(f"letters phone error rate {rate:.4f} on {len(test)} unseen words")
    return net, classes, rate


def edit_distance(found: Sequence[str], wanted: Sequence[str]) -> int:
    """Insertions, deletions and substitutions between two sequences."""
    row = list(range(len(wanted) + 1))
    for i, symbol in enumerate(found, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(wanted, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (symbol != other))
    return row[-1]
