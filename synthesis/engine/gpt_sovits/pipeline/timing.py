"""When each word is spoken.

The prior encoder's cross-attention says for each frame which phones it was made from. The monotonic path of greatest
attention (by dynamic programming) gives each phone its frames, and phones give words. English can be had finer by forced
alignment of the sound, see ``spoken_words``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from synthesis.engine.gpt_sovits.pipeline.networks import Networks
from synthesis.engine.gpt_sovits.pipeline.utterance import Utterance
from synthesis.engine.gpt_sovits.sovits.config import SAMPLE_RATE

_FLOOR: Final = 1e-6
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")

Count = Callable[[str], int]
"""A word to the number of its phones."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word and when it is heard, in seconds."""

    text: str
    start: float
    end: float


def monotonic(weights: NDArray[np.floating]) -> NDArray[np.int64]:
    """Frames of each phone.

    Args:
        weights: attention ``[T, S]``, rows sum to one.

    Returns:
        Counts ``[S]`` that sum to T: the path from the first phone to the last that never goes back, moves on by at most
        one phone a frame where there are frames enough, and gathers the greatest sum of log weights.
    """
    frames, phones = weights.shape
    logs = np.log(np.maximum(weights, _FLOOR)).astype(np.float64)
    if frames < phones:
        edges = np.round(np.linspace(0, frames, phones + 1)).astype(np.int64)
        return np.diff(edges)
    best = np.full(phones, -np.inf)
    best[0] = logs[0, 0]
    came = np.zeros((frames, phones), bool)
    for frame in range(1, frames):
        moved = np.concatenate(([-np.inf], best[:-1]))
        came[frame] = moved > best
        best = np.maximum(moved, best) + logs[frame]
    counts = np.zeros(phones, np.int64)
    phone = phones - 1
    for frame in range(frames - 1, -1, -1):
        counts[phone] += 1
        phone -= int(came[frame, phone])
    return counts


@torch.inference_mode()
def phone_frames(networks: Networks, utterance: Utterance, tokens: Sequence[int]) -> NDArray[np.int64]:
    """Frames, of 20 ms at speed 1, of each phone of an utterance, ``[S]``."""
    model, prior = networks.sovits, networks.sovits.enc_p
    content = model.content(torch.tensor([list(tokens)], device=networks.device))
    phones = torch.tensor([utterance.ids], device=networks.device)
    mask, phone_mask = torch.ones_like(content[:, :1]), torch.ones_like(phones[:, None]).to(content.dtype)
    frames, text = prior.encode_content(content, mask), prior.encode_phones(phones, phone_mask)
    weights = prior.mrte.weights(frames, mask, text, phone_mask)
    return monotonic(weights[0].float().mean(0).cpu().numpy())


def words_of(
    utterance: Utterance, frames: NDArray[np.int64], offset: float, seconds: float, count: Count
) -> list[Word]:
    """Words of an utterance from the frames of its phones.

    Args:
        utterance: text and phones.
        frames: of each phone, ``[S]``.
        offset: second at which the utterance begins; ``seconds`` how long it lasts.
        count: phones of an English word, for languages whose front end does not say.
    """
    total = max(int(frames.sum()), 1)
    edges = offset + seconds * np.concatenate(([0], np.cumsum(frames))) / total
    found: list[Word] = []
    at = 0
    for stretch in utterance.piece.stretches:
        here = edges[at : at + len(stretch.ids) + 1]
        at += len(stretch.ids)
        if stretch.word2ph is not None:
            places = np.concatenate(([0], np.cumsum(stretch.word2ph)))
            found += [
                Word(sign, float(here[left]), float(here[right]))
                for sign, left, right in zip(stretch.norm, places[:-1], places[1:], strict=True)
                if sign.isalnum()
            ]
            continue
        words = _WORD.findall(stretch.norm)
        if words:
            sizes = np.array([max(count(word), 1) for word in words], np.float64)
            # Marks have phones too, which belong to no word; the proportions absorb them.
            places = np.concatenate(([0.0], np.cumsum(sizes) / sizes.sum())) * len(stretch.ids)
            times = np.interp(places, np.arange(len(here)), here)
            found += [Word(w, float(a), float(b)) for w, a, b in zip(words, times[:-1], times[1:], strict=True)]
    return found


def seconds_of(samples: NDArray[np.float32]) -> float:
    """Length of 32 kHz samples."""
    return len(samples) / SAMPLE_RATE
