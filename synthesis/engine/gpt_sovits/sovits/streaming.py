"""From tokens that keep coming to sound that keeps coming.

The prior encoder sees all tokens so far: it looks far, and is a small part of the work. Flow and generator, which are the
rest, see a window: what is new, and as much before it as reaches into it. The newest tokens are held back until those after
them have been seen. Features already spoken stay as they were, and the next ones fade over from what they would have been,
so that the generator's input has no step where two chunks meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from synthesis.engine.gpt_sovits.sovits.config import FRAMES_PER_TOKEN, HOP
from synthesis.engine.gpt_sovits.sovits.model import SoVITS, Style
from synthesis.engine.gpt_sovits.sovits.prior import Prior

_FADE: Final = 4  # frames
_PIECE: Final = (
    48  # tokens; more are spoken one piece after the other, so that the first is heard while the next is made
)

Noise = Callable[[int], Tensor]
"""Number of frames to the next so many frames of noise, ``[1, inter, frames]``."""


def blended(features: Tensor, before: Tensor) -> Tensor:
    """Features whose beginning fades over from those that an earlier chunk gave for the same frames, as upstream does.

    Args:
        features: ``[B, C, T]``.
        before: ``[B, C, N]``, for the first N frames.
    """
    count = before.shape[-1]
    window = torch.sin(torch.arange(2 * count, device=features.device) * torch.pi / (2 * count)).to(features.dtype)
    joined = features.clone()
    joined[:, :, :count] = window[:count] * features[:, :, :count] + window[count:] * before
    return joined


def crossfaded(features: Tensor, before: Tensor) -> Tensor:
    """As ``blended``, with weights that add up to one."""
    count = min(before.shape[-1], features.shape[-1])
    rise = (torch.arange(count, device=features.device, dtype=features.dtype) + 0.5) / max(count, 1)
    joined = features.clone()
    joined[:, :, :count] = rise * features[:, :, :count] + (1 - rise) * before[:, :, :count]
    return joined


@dataclass(frozen=True, slots=True)
class Hold:
    """How many tokens are held back while more are to come.

    Attributes:
        first: until something was spoken.
        later: from then on.
        share: of the tokens drawn, held back beside ``later``: a stream that draws faster than it is heard gains time, which
            so goes into knowing more of the utterance.
    """

    first: int
    later: int
    share: float = 0.0

    def of(self, drawn: int, *, begun: bool) -> int:
        """Tokens held back of ``drawn``."""
        return self.later + int(self.share * drawn) if begun else self.first


class Streamer:
    """One utterance on its way. The model is shared; this object is not.

    Args:
        model: the second stage.
        style: who speaks.
        phones: of the target, ``[1, S]``.
        noise: see ``Noise``; None for none.
        noise_scale: factor on it.
        speed: above 1 is faster.
        hold: see ``Hold``.
    """

    def __init__(
        self,
        model: SoVITS,
        style: Style,
        phones: Tensor,
        noise: Noise | None,
        noise_scale: float,
        *,
        speed: float = 1.0,
        hold: Hold,
    ) -> None:
        self._model, self._style, self._phones = model, style, phones
        self._noise, self._scale, self._speed, self._hold = noise, noise_scale, speed, hold
        self._tokens: list[int] = []
        self._fixed = 0  # frames whose features can no longer change
        self._sent = 0  # frames at the speed asked for whose samples have left
        device, hidden = phones.device, model.config.hidden
        dtype = model.enc_p.proj.weight.dtype
        self._features = torch.zeros(1, hidden, 0, device=device, dtype=dtype)
        self._drawn = torch.zeros(1, model.config.inter, 0, device=device, dtype=dtype)

    @torch.inference_mode()
    def push(self, tokens: Sequence[int], *, last: bool = False) -> Iterator[Tensor]:
        """Take the next tokens in.

        Args:
            tokens: those after the ones before; may be empty when ``last``.
            last: nothing more comes, so that nothing is held back.

        Yields:
            Samples ``[N]`` that are now settled, in pieces, each made when it is asked for; perhaps none.
        """
        self._tokens.extend(tokens)
        drawn = len(self._tokens)
        held = 0 if last else self._hold.of(drawn, begun=self._fixed > 0)
        settled = max(self._fixed, FRAMES_PER_TOKEN * (drawn - held))
        if not drawn or (settled <= self._fixed and not last):
            return
        self._features = self._encode()
        end = self._frames(FRAMES_PER_TOKEN * drawn, last=last)
        while True:
            self._fixed = min(settled, self._fixed + FRAMES_PER_TOKEN * _PIECE)
            done = self._fixed == settled
            yield self._sound(self._frames(self._fixed, last=last and done), end)
            if done:
                return

    def _encode(self) -> Tensor:
        """Features of all frames so far: old ones where they have been spoken, new ones behind, a fade between."""
        codes = torch.tensor([self._tokens], device=self._phones.device)
        content = self._model.content(codes)
        mask, phone_mask = torch.ones_like(content[:, :1]), torch.ones_like(self._phones[:, None]).to(content.dtype)
        fresh = self._model.enc_p.joint(content, mask, self._phones, phone_mask, self._style.narrow)
        before = self._features[:, :, self._fixed : self._fixed + _FADE]
        behind = crossfaded(fresh[:, :, self._fixed :], before)
        return torch.cat((self._features[:, :, : self._fixed], behind), 2)

    def _frames(self, source: int, *, last: bool) -> int:
        """How many frames at the speed asked for lie before a frame of the source."""
        if self._speed == 1.0:
            return source
        return int(source / self._speed) + int(last)

    def _sound(self, until: int, end: int) -> Tensor:
        """Samples of frames ``_sent`` to ``until``; the frames up to ``end`` are known and shape them."""
        model, far, near = self._model, self._model.flow.reach, self._model.dec.reach
        start = max(0, self._sent - far - near)
        end = min(end, until + far + near)
        features = stretched(self._features, self._speed, start, end)
        prior = model.enc_p.project(features, torch.ones_like(features[:, :1]))
        latent = model.flow(self._latent(prior, start, end), prior.mask, self._style.wide, reverse=True)
        begin = max(0, self._sent - near)
        stop = min(end, until + near)
        sound: Tensor = model.dec(latent[:, :, begin - start : stop - start], self._style.wide)
        new = sound[0, 0, (self._sent - begin) * HOP : (until - begin) * HOP]
        self._sent = until
        return new

    def _latent(self, prior: Prior, start: int, end: int) -> Tensor:
        if self._noise is None:
            return prior.mean
        missing = end - self._drawn.shape[-1]
        if missing > 0:
            fresh = self._noise(missing).to(self._drawn.device, self._drawn.dtype)
            self._drawn = torch.cat((self._drawn, fresh), 2)
        return prior.mean + self._drawn[:, :, start:end] * torch.exp(prior.log_deviation) * self._scale


def stretched(features: Tensor, speed: float, start: int, end: int) -> Tensor:
    """Frames ``start`` to ``end`` of ``[B, C, T]`` at another speed, by linear interpolation between frame centres."""
    if speed == 1.0:
        return features[:, :, start:end]
    place = ((torch.arange(start, end, device=features.device) + 0.5) * speed - 0.5).clamp(0, features.shape[-1] - 1)
    low = place.floor().long()
    high = (low + 1).clamp(max=features.shape[-1] - 1)
    share = (place - low).to(features.dtype)
    return features[:, :, low] * (1 - share) + features[:, :, high] * share
