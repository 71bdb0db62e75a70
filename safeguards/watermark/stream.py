"""Embedding while the sound is still being made."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np

from audiokit import Audio
from safeguards.watermark.embed import BINS, bin_power, change, check_format, check_payload, clip_cells, sign_frames
from safeguards.watermark.errors import WatermarkError
from safeguards.watermark.framing import framing
from safeguards.watermark.key import WatermarkKey
from safeguards.watermark.layout import Array
from safeguards.watermark.limiting import add_without_clipping, limiter_reach
from safeguards.watermark.masking import bin_levels, gain_caps, loud_level
from safeguards.watermark.optimise import FIRST_BIN, LAST_BIN, Settings, optimise_gains
from safeguards.watermark.strength import easing
from safeguards.watermark.types import WatermarkedAudio, mint

_BLOCK: Final = 24
_CONTEXT: Final = 16
_AHEAD: Final = 10
_HISTORY: Final = 300
_EASE: Final = easing(3.0)  # a stream does not know its length
_SETTINGS: Final = Settings(steps=10, rate=0.9, noise_db=(None, 15.0))
_MIN_NORM: Final = np.float32(1e-3)


class StreamEmbedder:
    """Marks a stream block by block; the mark is the one :func:`embed` makes, less its second look.

    Of what has been pushed, all but the last 0.4 s has come out; :meth:`flush` returns the rest. In all, as many samples come
    out as went in.

    Args:
        sample_rate: 16 to 48 kHz.
        payload: 0 <= payload < 2**32.
        key: the secret key.

    Raises:
        WatermarkError: ``bad_payload`` or ``unsupported_rate``.
    """

    def __init__(self, sample_rate: int, payload: int, key: WatermarkKey) -> None:
        check_payload(payload)
        check_format(sample_rate, 1)
        self._grid = framing(sample_rate)
        self._payload = payload
        self._key_id = key.key_id
        self._cells = clip_cells(payload, key)
        self._digest = hashlib.sha256()
        self._closed = False
        self._one_dimensional = True
        self._samples: Array = np.zeros((0, 0), dtype=np.float32)
        self._added: Array = np.zeros((0, 0), dtype=np.float32)
        self._origin = 0  # sample number of self._samples[:, 0] and self._added[:, 0]
        self._received = 0
        self._released = 0
        self._frames = 0  # frames whose gains are final
        self._host: Array = np.zeros((BINS, 0), dtype=np.float32)  # power of the last frames analysed
        self._host_end = 0
        self._peaks: Array = np.zeros(0, dtype=np.float32)  # highest level of each frame of the last seconds
        self._theta: Array = np.zeros((LAST_BIN - FIRST_BIN, 0), dtype=np.float32)
        self._gain: Array = np.zeros((LAST_BIN - FIRST_BIN, 0), dtype=np.float32)  # of the last final frames

    def push(self, samples: Array) -> Array:
        """Take samples (``[time]`` or ``[channels, time]``, in [-1, 1]) and return those that are ready, in the same layout.

        Raises:
            WatermarkError: ``closed`` after a flush; ``bad_samples`` for another number of channels than before or a non-finite
                sample; ``unsupported_channels``.
        """
        if self._closed:
            raise WatermarkError("closed", "this stream was flushed")
        self._take(np.asarray(samples, dtype=np.float32))
        while self._analysable() >= self._frames + _BLOCK + _AHEAD:
            self._advance(self._frames + _BLOCK + _AHEAD, self._frames + _BLOCK)
        return self._release(final=False)

    def flush(self) -> Array:
        """End the stream and return what is left of it.

        Raises:
            WatermarkError: ``closed`` if flushed before.
        """
        if self._closed:
            raise WatermarkError("closed", "this stream was flushed")
        self._closed = True
        last = self._grid.frames_in(self._received) if self._received else 0
        while self._frames < last:
            self._advance(min(last, self._frames + _BLOCK + _AHEAD), min(last, self._frames + _BLOCK))
        return self._release(final=True)

    def seal(self, samples: Array) -> WatermarkedAudio:
        """Return everything that came out, put together by the caller, as :class:`WatermarkedAudio`.

        Args:
            samples: the concatenated output of every ``push`` and of ``flush``, unchanged.

        Raises:
            WatermarkError: ``not_constructible`` before the flush, or if the samples are not this stream's output.
        """
        rows = np.atleast_2d(np.asarray(samples, dtype=np.float32))
        if not self._closed or hashlib.sha256(rows.T.tobytes()).digest() != self._digest.digest():
            raise WatermarkError("not_constructible", "these samples are not the whole output of this stream")
        return mint(Audio(rows, self._grid.rate), self._payload, self._key_id)

    def _take(self, samples: Array) -> None:
        rows = np.atleast_2d(samples)
        if not self._received and not self._samples.size:
            check_format(self._grid.rate, len(rows))
            self._one_dimensional = samples.ndim == 1
            self._samples = np.zeros((len(rows), 0), dtype=np.float32)
            self._added = np.zeros((len(rows), 0), dtype=np.float32)
        if rows.ndim != 2 or len(rows) != len(self._samples) or not np.isfinite(rows).all():
            raise WatermarkError("bad_samples", "samples must be finite and keep their number of channels")
        self._samples = np.concatenate([self._samples, rows], axis=1)
        self._received += rows.shape[1]

    def _analysable(self) -> int:
        """Frames whose every sample has arrived."""
        count = self._grid.frames_in(self._received)
        while count and int(self._grid.centres(count - 1, 1)[0]) + self._grid.size // 2 > self._received:
            count -= 1
        return count

    def _advance(self, end: int, final: int) -> None:
        """Choose gains for the frames up to ``end``, settle those before ``final`` and synthesise what they determine."""
        mono = self._samples.mean(axis=0, dtype=np.float32)
        first = max(0, self._frames - _CONTEXT)
        fresh = end - self._host_end
        if fresh > 0:
            spectra = self._grid.analyse(mono, self._origin, self._host_end, fresh)
            self._host = np.concatenate([self._host, bin_power(spectra)], axis=1)
            self._host_end = end
        self._host = np.ascontiguousarray(self._host[:, -(end - first) :])
        levels = bin_levels(self._host, FIRST_BIN, LAST_BIN)
        self._peaks = np.concatenate([self._peaks, levels.max(axis=0)[len(levels.T) - max(0, fresh) :]])[-_HISTORY:]
        caps = gain_caps(levels, loud_level(self._peaks), FIRST_BIN, _EASE)
        start = np.full_like(caps, np.nan)
        start[:, : self._theta.shape[1]] = self._theta
        gain, theta = optimise_gains(
            self._host,
            sign_frames(self._cells, first, end - first),
            caps,
            _SETTINGS,
            start=start,
            fixed=self._frames - first,
        )
        settled = gain[:, self._frames - first : final - first]
        self._gain = np.concatenate([self._gain, settled], axis=1)[:, -(_BLOCK + _CONTEXT) :]
        self._theta = theta[:, max(0, final - _CONTEXT) - first :]
        self._frames = final
        self._synthesise()

    def _synthesise(self) -> None:
        """Append to ``self._added`` all samples that no unsettled frame reaches."""
        done = self._origin + self._added.shape[1]
        end_of_stream = self._closed and self._frames >= self._grid.frames_in(self._received)
        next_start = int(self._grid.centres(self._frames, 1)[0]) - self._grid.size // 2
        ready = self._received if end_of_stream else min(self._received, next_start)
        if ready <= done:
            return
        first = self._frames - self._gain.shape[1]
        parts = []
        for row in self._samples:
            spectra = self._grid.analyse(row, self._origin, first, self._gain.shape[1])
            total, norm = self._grid.synthesise(change(spectra, self._gain), first, done, ready - done)
            parts.append(total / np.maximum(norm, _MIN_NORM))
        self._added = np.concatenate([self._added, np.stack(parts)], axis=1)

    def _release(self, *, final: bool) -> Array:
        """Return the samples whose mark and limiter are settled, and forget what is no longer needed."""
        reach = 2 * limiter_reach(self._grid.rate)
        done = self._origin + self._added.shape[1]
        until = done if final else max(self._released, done - reach)
        before = max(self._origin, self._released - reach) - self._origin
        have = self._added.shape[1]
        mixed = add_without_clipping(self._samples[:, before:have], self._added[:, before:], self._grid.rate)
        skip = self._released - self._origin - before
        out = mixed[:, skip : skip + until - self._released]
        self._released = until
        oldest = int(self._grid.centres(max(0, self._frames - _BLOCK - _CONTEXT), 1)[0]) - self._grid.size // 2
        drop = max(0, min(oldest, self._released - reach) - self._origin)
        self._samples = self._samples[:, drop:]
        self._added = self._added[:, drop:]
        self._origin += drop
        self._digest.update(np.ascontiguousarray(out.T).tobytes())
        return out[0] if self._one_dimensional and len(out) else out
