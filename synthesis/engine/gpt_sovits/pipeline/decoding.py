"""Tokens to samples, one piece or several at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from synthesis.engine.gpt_sovits.pipeline.networks import Networks
from synthesis.engine.gpt_sovits.pipeline.options import Options
from synthesis.engine.gpt_sovits.pipeline.utterance import Utterance, noise_of, style_of
from synthesis.engine.gpt_sovits.sovits.config import FRAMES_PER_TOKEN, HOP

Floats = NDArray[np.float32]
_LARGEST_BATCH = 16


@torch.inference_mode()
def decode(
    networks: Networks, utterances: Sequence[Utterance], tokens: Sequence[Sequence[int]], options: Options
) -> list[Floats]:
    """Samples ``[T]`` at 32 kHz of each utterance, in order, as ``options.decoding`` says.

    Pieces at another speed than 1 are decoded alone in any case, since upstream's stretch depends on a piece's own length.
    """
    sounds: dict[int, Floats] = {}
    together = [
        index
        for index, utterance in enumerate(utterances)
        if options.decoding != "each" and utterance.speed == 1.0 and tokens[index]
    ]
    if options.decoding == "joined":
        groups = [together] if together else []
    else:
        # Neighbours in length share a batch, so that little is spent on padding.
        together.sort(key=lambda index: len(tokens[index]))
        groups = [together[at : at + _LARGEST_BATCH] for at in range(0, len(together), _LARGEST_BATCH)]
    for group in groups:
        run = _joined if options.decoding == "joined" else _masked
        made = run(networks, [utterances[i] for i in group], [tokens[i] for i in group], options)
        sounds.update(zip(group, made, strict=True))
    for index, utterance in enumerate(utterances):
        if index not in sounds:
            sounds[index] = _alone(networks, utterance, tokens[index], options)
    return [sounds[index] for index in range(len(utterances))]


def _alone(networks: Networks, utterance: Utterance, tokens: Sequence[int], options: Options) -> Floats:
    if not tokens:
        return np.zeros(0, np.float32)
    model, style = networks.sovits, style_of(networks, [utterance.reference])
    codes = torch.tensor([list(tokens)], device=networks.device)
    phones = torch.tensor([utterance.ids], device=networks.device)
    prior = model.prior(codes, phones, style, utterance.speed)
    noise = _noise(networks, utterance, prior.mean.shape[-1], options)
    sound: Floats = _samples(model.sound(prior, style, noise, options.noise_scale))[0]
    return sound


def _masked(
    networks: Networks, utterances: Sequence[Utterance], tokens: Sequence[Sequence[int]], options: Options
) -> list[Floats]:
    model, style = networks.sovits, style_of(networks, [utterance.reference for utterance in utterances])
    device = networks.device
    codes = pad_sequence([torch.tensor(list(row)) for row in tokens], batch_first=True).to(device)
    phones = pad_sequence([torch.tensor(utterance.ids) for utterance in utterances], batch_first=True).to(device)
    lengths = [len(row) for row in tokens]
    counts = [len(utterance.ids) for utterance in utterances]
    sizes = (torch.tensor(lengths, device=device), torch.tensor(counts, device=device))
    prior = model.prior(codes, phones, style, lengths=sizes)
    noise = None
    if options.noise_scale:
        rows = [_noise(networks, u, FRAMES_PER_TOKEN * n, options) for u, n in zip(utterances, lengths, strict=True)]
        padded = pad_sequence([row[0].T for row in rows if row is not None], batch_first=True)
        noise = padded.transpose(1, 2)
    sound = _samples(model.sound(prior, style, noise, options.noise_scale, ragged=True))
    return [np.asarray(row[: FRAMES_PER_TOKEN * n * HOP], np.float32) for row, n in zip(sound, lengths, strict=True)]


def _joined(
    networks: Networks, utterances: Sequence[Utterance], tokens: Sequence[Sequence[int]], options: Options
) -> list[Floats]:
    """As upstream: everything in the first piece's style, in one sequence."""
    model, style = networks.sovits, style_of(networks, [utterances[0].reference])
    codes = torch.tensor([[token for row in tokens for token in row]], device=networks.device)
    phones = torch.tensor([[number for each in utterances for number in each.ids]], device=networks.device)
    prior = model.prior(codes, phones, style)
    noise = _noise(networks, utterances[0], prior.mean.shape[-1], options)
    whole = _samples(model.sound(prior, style, noise, options.noise_scale))[0]
    edges = np.cumsum([FRAMES_PER_TOKEN * len(row) * HOP for row in tokens])[:-1]
    return [np.asarray(part, np.float32) for part in np.split(whole, edges)]


def _noise(networks: Networks, utterance: Utterance, frames: int, options: Options) -> Tensor | None:
    if not options.noise_scale:
        return None
    return noise_of(networks, utterance)(frames).to(networks.device, networks.dtype)


def _samples(sound: Tensor) -> NDArray[np.float32]:
    """``[B, 1, T]`` to ``[B, T]`` on the host."""
    return np.asarray(sound[:, 0].float().cpu().numpy(), np.float32)
