"""The bare detector that others are measured against: a running mean, variance and z-score."""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def ewma(row, value, alpha, mean, var, seen, score):
    """Score each point against its row, then learn it."""
    for i in range(row.size):
        r, x = row[i], value[i]
        m, v, n = mean[r], var[r], seen[r]
        score[i] = math.nan
        if not math.isfinite(x):
            continue
        d = x - m
        if n >= 30:
            score[i] = abs(d) / max(math.sqrt(v), 1e-9)
        w = max(alpha, 1.0 / (n + 1.0))
        mean[r] = m + w * d
        if n > 0:
            var[r] = (1.0 - w) * (v + w * d * d)
        seen[r] = n + 1


class Ewma:
    """State of so many series: 24 bytes each."""

    def __init__(self, rows):
        self.mean, self.var = np.zeros((2, rows))
        self.seen = np.zeros(rows, np.int64)

    def update(self, row, value):
        score = np.empty(row.size)
        ewma(row, value, 0.05, self.mean, self.var, self.seen, score)
        return score
