"""p-values that hold for any sound, because the randomness is the key's.

Sound that does not carry a key's mark is independent of that key's signs. The score of one hypothesis is then a weighted sum of
independent random signs, and its tail is bounded by Bentkus and Dzindzalieta (2015, "A tight Gaussian bound for weighted sums of
Rademacher random variables", Bernoulli 21(2), Theorem 1.1): P(sum a_i e_i >= z |a|) <= c P(N(0,1) >= z), c = 1 / (4 P(N >= sqrt 2)).
A search over many hypotheses pays for each of them (union bound).
"""

from __future__ import annotations

import math
from typing import Final

_LN10: Final = math.log(10.0)
_C: Final = 1.0 / (4.0 * 0.5 * math.erfc(1.0))


def log10_tail(z: float) -> float:
    """Return log10 of the bound on the probability that a normalised sum of random signs reaches ``z``; at most 0."""
    if z <= 0:
        return 0.0
    far = -0.5 * z * z - math.log(
        z * math.sqrt(2.0 * math.pi)
    )  # erfc underflows beyond 37; from 25 on they agree to 1e-3
    log_q = math.log(0.5 * math.erfc(z / math.sqrt(2.0))) if z < 25 else far
    return min(0.0, (log_q + math.log(_C)) / _LN10)


def log10_union(log10_p: float, hypotheses: float, weight: float = 1.0) -> float:
    """Return log10 p after a search over ``hypotheses`` that was granted the share ``weight`` of the error budget; at most 0."""
    return min(0.0, log10_p + math.log10(hypotheses / weight))
