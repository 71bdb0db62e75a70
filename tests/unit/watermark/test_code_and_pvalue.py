"""The code corrects what it should; the p-value bound bounds."""

from __future__ import annotations

import math

import numpy as np

from safeguards.watermark import convolutional
from safeguards.watermark.pvalue import log10_tail, log10_union


def test_clean_codewords_decode() -> None:
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 2, (4, convolutional.BITS))
    for sent, found in zip(bits, convolutional.decode_list(convolutional.encode(bits), 8), strict=True):
        assert any(np.array_equal(sent, candidate) for candidate in found)


def test_noisy_codewords_decode_near_capacity() -> None:
    rng = np.random.default_rng(2)
    bits = rng.integers(0, 2, (20, convolutional.BITS))
    noisy = convolutional.encode(bits) * 0.65 + rng.standard_normal((20, 288))
    found = convolutional.decode_list(noisy.astype(np.float32), 24)
    hits = sum(any(np.array_equal(sent, c) for c in candidates) for sent, candidates in zip(bits, found, strict=True))
    assert hits >= 18


def test_the_code_is_tail_biting() -> None:
    bits = np.random.default_rng(3).integers(0, 2, (1, convolutional.BITS))
    turned = convolutional.encode(np.roll(bits, 5, axis=1))
    assert np.array_equal(np.roll(convolutional.encode(bits), 5 * 6, axis=1), turned)


def test_the_tail_bounds_sums_of_random_signs() -> None:
    rng = np.random.default_rng(4)
    for weights in (np.ones(7), np.array([3.0, 1, 1, 0.2]), rng.exponential(size=40)):
        sums = rng.choice([-1.0, 1.0], (40_000, len(weights))) @ weights / np.linalg.norm(weights)
        for z in (0.5, 1.5, 2.5, 3.3):
            # Three standard errors of the estimate are allowed.
            assert np.mean(sums >= z) <= 10 ** log10_tail(z) + 3 * math.sqrt(10 ** log10_tail(z) / 40_000)


def test_the_tail_is_continuous_where_its_formula_changes() -> None:
    assert abs(log10_tail(24.999) - log10_tail(25.001)) < 0.05
    assert log10_tail(-1.0) == 0.0


def test_a_search_pays_for_its_hypotheses() -> None:
    assert math.isclose(log10_union(-9.0, 1000, 0.5), -9 + 3 + math.log10(2))
    assert log10_union(-2.0, 10_000) == 0.0


def test_the_list_holds_the_second_best_wherever_it_parts_from_the_best() -> None:
    rng = np.random.default_rng(5)
    sent = rng.integers(0, 2, (1, convolutional.BITS))
    for place in (3, 20, 40):
        other = sent.copy()
        other[0, place] ^= 1
        right, wrong = convolutional.encode(sent)[0], convolutional.encode(other)[0]
        # Where the two differ, the wrong one is a little more likely.
        soft = np.where(right == wrong, right, 0.05 * wrong)
        found = convolutional.decode_list(soft[None].astype(np.float32), 1)[0]
        fit = convolutional.encode(found) @ soft
        assert np.array_equal(found[np.argmax(fit)], other[0])
        assert np.array_equal(found[np.argsort(-fit)[1]], sent[0])
