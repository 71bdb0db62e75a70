"""Embedding into a whole clip."""

from __future__ import annotations

from typing import Final

import numpy as np

from audiokit import Audio
from safeguards.watermark.errors import WatermarkError
from safeguards.watermark.features import log_energy
from safeguards.watermark.framing import Spectrum, framing
from safeguards.watermark.key import WatermarkKey
from safeguards.watermark.layout import SEQUENCE_SLOTS, SLOT_FRAMES, WINDOW, Array
from safeguards.watermark.limiting import add_without_clipping
from safeguards.watermark.loudness import LoudnessGuard
from safeguards.watermark.masking import bin_levels, gain_caps, loud_level
from safeguards.watermark.optimise import (
    FIRST_BIN,
    LAST_BIN,
    Settings,
    decibels,
    modelled_energy,
    modelled_power,
    optimise_gains,
)
from safeguards.watermark.pattern import codeword_of, pattern_of, start_slot
from safeguards.watermark.strength import easing, pauses_eased, pilot_lean, score_of
from safeguards.watermark.types import WatermarkedAudio, mint

MIN_SECONDS: Final = 0.5
MIN_RATE: Final = 16_000
MAX_RATE: Final = 48_000
BINS: Final = WINDOW // 2 + 1
"""Bins that analysis keeps at every rate: up to 8 kHz."""
_ROUNDS: Final = (Settings(steps=30, rate=0.5), Settings(steps=20, rate=0.3))


def embed(audio: Audio, payload: int, key: WatermarkKey) -> WatermarkedAudio:
    """Mark ``audio`` with ``payload``.

    Deterministic. Rate, channels and length stay; above 3.9 kHz and in digital silence the sound is untouched; no peak is
    pushed over full scale that was not over it before.

    Args:
        audio: mono or stereo, 16 to 48 kHz, at least 0.5 s.
        payload: 0 <= payload < 2**32.
        key: the secret key.

    Raises:
        WatermarkError: ``bad_payload``, ``too_short``, ``unsupported_rate`` or ``unsupported_channels``.
    """
    check_payload(payload)
    check_format(audio.sample_rate, audio.channels)
    if audio.seconds < MIN_SECONDS:
        raise WatermarkError("too_short", f"{audio.seconds:.2f} s is under {MIN_SECONDS} s")
    marked = add_without_clipping(audio.samples, _mark(audio, payload, key), audio.sample_rate)
    return mint(Audio(marked, audio.sample_rate), payload, key.key_id)


def check_payload(payload: int) -> None:
    """Raise ``bad_payload`` unless ``payload`` is an integer of 32 bits."""
    if isinstance(payload, bool) or not isinstance(payload, int) or not 0 <= payload < 1 << 32:
        raise WatermarkError("bad_payload", "payload must be an integer in 0..2**32-1")


def check_format(sample_rate: int, channels: int) -> None:
    """Raise ``unsupported_rate`` or ``unsupported_channels`` for what cannot be marked."""
    if not MIN_RATE <= sample_rate <= MAX_RATE:
        raise WatermarkError("unsupported_rate", f"{sample_rate} Hz is outside {MIN_RATE}..{MAX_RATE} Hz")
    if channels not in (1, 2):
        raise WatermarkError("unsupported_channels", f"{channels} channels; mono and stereo are supported")


def clip_cells(payload: int, key: WatermarkKey) -> Array:
    """Signs of all cells ``[SEQUENCE_SLOTS, BANDS]`` for ``payload``, from the slot at which its clips start."""
    return np.roll(pattern_of(key).signs(codeword_of(payload, key)), -start_slot(payload, key), axis=0)


def sign_frames(cells: Array, first: int, count: int) -> Array:
    """Wanted signs ``[BANDS, count]`` of the clip's frames ``first..first + count``."""
    slots = np.arange(first, first + count) // SLOT_FRAMES % SEQUENCE_SLOTS
    return np.ascontiguousarray(cells[slots].T)


def cell_emphasis(payload: int, key: WatermarkKey, frames: int, lean: float) -> Array | None:
    """What the cells of a clip of ``frames`` count ``[BANDS, slots]``: pilots 1 + ``lean``, data 1 - ``lean``; None when all alike."""
    if not lean:
        return None
    slots = (start_slot(payload, key) + np.arange(-(-frames // SLOT_FRAMES))) % SEQUENCE_SLOTS
    emphasis: Array = np.where(pattern_of(key).pilot[slots].T, np.float32(1 + lean), np.float32(1 - lean))
    return emphasis


def bin_power(spectra: Spectrum) -> Array:
    """Power ``[BINS, frames]`` of spectra ``[frames, bins]``."""
    return np.ascontiguousarray((np.abs(spectra[:, :BINS]) ** 2).T)


def change(spectra: Spectrum, gain: Array) -> Spectrum:
    """What the gains in dB ``[LAST_BIN - FIRST_BIN, frames]`` add to spectra ``[frames, bins]``."""
    out = np.zeros_like(spectra)
    out[:, FIRST_BIN:LAST_BIN] = spectra[:, FIRST_BIN:LAST_BIN] * (np.float32(10) ** (gain.T / np.float32(20)) - 1)
    return out


def _mark(audio: Audio, payload: int, key: WatermarkKey) -> Array:
    """Return what to add to the samples, ``[channels, time]``. Channels share the gains of their mean."""
    grid = framing(audio.sample_rate)
    mono = audio.to_mono()
    length = len(mono)
    frames = grid.frames_in(length)
    spectra = grid.analyse(mono, 0, 0, frames)
    host = bin_power(spectra)
    signs = sign_frames(clip_cells(payload, key), 0, frames)
    levels = bin_levels(host, FIRST_BIN, LAST_BIN)
    ease = easing(audio.seconds)
    loud = loud_level(levels.max(axis=0))
    caps = gain_caps(levels, loud, FIRST_BIN, ease)
    emphasis = cell_emphasis(payload, key, frames, pilot_lean(audio.seconds))
    guard = LoudnessGuard(host[FIRST_BIN:LAST_BIN], host, FIRST_BIN)
    gain, theta = optimise_gains(host, signs, caps, _ROUNDS[0], guard=guard, emphasis=emphasis)
    for settings in _ROUNDS[1:]:
        marked = mono + grid.rebuild(change(spectra, gain), length)
        reached = bin_power(grid.analyse(marked, 0, 0, frames))
        pauses = pauses_eased(score_of(reached, signs), audio.seconds)
        caps = gain_caps(levels, loud, FIRST_BIN, ease, pauses)
        guard.observe(reached[FIRST_BIN:LAST_BIN], modelled_power(host, gain))
        offset = log_energy(reached) - decibels(modelled_energy(host, gain))
        gain, theta = optimise_gains(
            host, signs, caps, settings, guard=guard, offset_db=offset, start=theta, emphasis=emphasis
        )
    channels = audio.samples if audio.channels > 1 else mono[None]
    return np.stack([grid.rebuild(change(grid.analyse(c, 0, 0, frames), gain), length) for c in channels])
