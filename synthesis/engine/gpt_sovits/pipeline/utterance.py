"""A request taken apart into what the networks run on; each piece depends on its own arguments only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from torch import Tensor

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.pipeline.front import Front, Piece
from synthesis.engine.gpt_sovits.pipeline.networks import Networks
from synthesis.engine.gpt_sovits.pipeline.options import Options
from synthesis.engine.gpt_sovits.pipeline.voice import Reference
from synthesis.engine.gpt_sovits.sovits.model import Style
from synthesis.engine.gpt_sovits.t2s.config import TOKENS_PER_SECOND
from synthesis.engine.gpt_sovits.t2s.request import Request, seeded_noise

SLOWEST: Final = 3.0  # phones per second, as upstream's filter of training data; FASTEST is the other end
FASTEST: Final = 25.0
_SLACK_TOKENS: Final = 50


@dataclass(frozen=True, eq=False)
class Utterance:
    """One piece in one voice.

    Attributes:
        piece: text and phones.
        reference: whose voice, in which mood.
        seed: of this piece.
        speed: factor on the rate of speech.
    """

    piece: Piece
    reference: Reference
    seed: int
    speed: float

    @property
    def ids(self) -> list[int]:
        """Phones of the piece alone."""
        return [number for stretch in self.piece.stretches for number in stretch.ids]

    def again(self, attempt: int) -> Utterance:
        """The same with another seed, derived from the first; attempt 0 is itself."""
        return replace(self, seed=derived(self.seed, attempt)) if attempt else self


def derived(seed: int, *path: int) -> int:
    """A seed for a part of what has a seed."""
    return int(np.random.SeedSequence([seed & (2**63 - 1), *path]).generate_state(1, np.uint64)[0] >> 1)


def utterances(
    front: Front, text: str, language: str, reference: Reference, *, seed: int, speed: float
) -> list[Utterance]:
    """Pieces of a text.

    Raises:
        EngineError: ``nothing_to_say``, and what the front end raises.
    """
    pieces = front(text, language)
    if not pieces:
        raise EngineError("nothing_to_say", "There is nothing in this text that can be read aloud.")
    return [
        Utterance(piece, reference, derived(seed, number), speed * piece.prosody.rate)
        for number, piece in enumerate(pieces)
    ]


def most_tokens(networks: Networks, phones: int) -> int:
    """More tokens than anybody needs for so many phones, so that a model that finds no end stops all the same."""
    slowest = int(phones * TOKENS_PER_SECOND / SLOWEST) + _SLACK_TOKENS
    return min(slowest, TOKENS_PER_SECOND * networks.t2s.config.max_seconds)


def request_of(networks: Networks, utterance: Utterance, options: Options) -> Request:
    """What the token model runs on."""
    reference = utterance.reference
    ids = utterance.ids
    phones, codes = torch.tensor(ids), torch.zeros(0, dtype=torch.long)
    features = networks.bert_features(tuple(utterance.piece.stretches))
    if len(reference.codes) and not options.reference_free:
        before = torch.zeros(features.shape[0], len(reference.phones))
        if reference.bert is not None:
            before = torch.from_numpy(reference.bert.astype(np.float32))
        phones = torch.cat((torch.from_numpy(reference.phones.astype(np.int64)), phones))
        features = torch.cat((before, features), 1)
        codes = torch.from_numpy(reference.codes.astype(np.int64))
    noise = seeded_noise(derived(utterance.seed, 0), networks.t2s.config.vocabulary)
    return Request(phones, features, codes, noise, options.sampling, most_tokens(networks, len(ids)))


def style_of(networks: Networks, references: Sequence[Reference]) -> Style:
    """Style of a batch of references, one row each."""
    wide = torch.stack([torch.from_numpy(reference.style.copy()) for reference in references])[:, :, None]
    return networks.sovits.style(wide.to(networks.device, networks.dtype))


def noise_of(networks: Networks, utterance: Utterance) -> Callable[[int], Tensor]:
    """Noise of an utterance's latent, see ``latent_noise``."""
    return latent_noise(networks, derived(utterance.seed, 1))


def latent_noise(networks: Networks, seed: int) -> Callable[[int], Tensor]:
    """Noise of the latent, frame after frame: however it is asked for, the same frames get the same noise."""
    generator = np.random.default_rng(seed)
    inter = networks.sovits.config.inter

    def draw(frames: int) -> Tensor:
        drawn = generator.standard_normal((frames, inter), dtype=np.float32)
        return torch.from_numpy(drawn).T[None]

    return draw
