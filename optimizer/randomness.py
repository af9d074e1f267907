"""Random numbers for the kernels: the same from the same seed on every machine."""

from __future__ import annotations

import numpy as np

from optimizer.kernels import bare


@bare
def draw(random, n):
    """A whole number from 0 to n - 1 (xorshift)."""
    x = random[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    random[0] = x
    return np.int64(x >> np.uint64(11)) % n


@bare
def chance(random):
    """A number from 0 to (but not) 1."""
    return draw(random, 1 << 30) / (1 << 30)
