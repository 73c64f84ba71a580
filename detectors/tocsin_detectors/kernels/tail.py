"""The tail of a series: how likely an episode at least so large is.

One scale, one shape, no end point: generalised Pareto when heavy, Weibull when light. Both come
from the mean b0 and the L-CV t of the cluster peaks (Hosking, L-moments, 1990): t = 1 - 2 a1 / b0,
1/2 for exponential excesses, above when heavier.

    t >= 1/2   xi = 2 - 1/t,                 sigma = b0 (1/t - 1)          ln S = -ln(1 + xi w/sigma)/xi
    t <  1/2   beta = -ln 2 / ln(1 - t),     sigma = b0 / Gamma(1 + 1/beta)
               xi = 1 - beta                                               ln S = -(w/sigma)^beta

A generalised Pareto with xi < 0 would end at a finite w, and beyond a wrong end nothing is ordered.
"""  # noqa: E501

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

FLAT = 1e-4  # |xi| below this is taken for exponential


@njit(cache=True, nogil=True, error_model="numpy")
def log_survival(w: float, xi: float, sigma: float) -> float:
    """ln P(excess > w | episode), w >= 0."""
    if abs(xi) < FLAT:
        return -w / sigma
    if xi < 0.0:
        return -math.pow(w / sigma, 1.0 - xi)
    return -math.log1p(xi * w / sigma) / xi


@njit(cache=True, nogil=True, error_model="numpy")
def shape(t: float) -> float:
    """The shape xi of an L-CV t."""
    if t >= 0.5:
        return 2.0 - 1.0 / t
    return 1.0 + math.log(2.0) / math.log1p(-t)


@njit(cache=True, nogil=True, error_model="numpy")
def spread(b0: float, t: float) -> float:
    """The scale sigma of excesses of mean b0 and L-CV t."""
    if t >= 0.5:
        return b0 * (1.0 / t - 1.0)
    return b0 / math.gamma(1.0 + 1.0 / (1.0 - shape(t)))


@njit(cache=True, nogil=True, error_model="numpy")
def lmoments(peaks: F32, n: int, ordered: F64, out: F64) -> None:
    """Mean and L-CV of the first n >= 2 peaks; writes out[0], out[1] and the scratch `ordered`."""
    for j in range(n):  # insertion: n is at most some tens, and nothing is allocated
        x = float(peaks[j])
        k = j
        while k > 0 and ordered[k - 1] > x:
            ordered[k] = ordered[k - 1]
            k -= 1
        ordered[k] = x
    b0 = 0.0
    a1 = 0.0
    for j in range(n):
        b0 += ordered[j]
        a1 += ordered[j] * (n - 1 - j) / (n - 1.0)
    out[0] = b0 / n
    out[1] = 1.0 - 2.0 * a1 / b0 if b0 > 0.0 else 0.5
