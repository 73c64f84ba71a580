"""The refresh of the calibration: what the rows tell the pool, and what each makes of its answer.

State is that of `calibrate`. A row's tail is shrunk towards the pool's (empirical Bayes, weights by
sampling variance); its ladder may only be stricter than its class's, because one over the estimate
of a small count is biased upward. Counts are out of sample: yesterday's fit judged today's peaks.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from tocsin_detectors.kernels.calibrate import (
    OWN,
    RING,
    RUNG_0,
    RUNG_STEP,
    RUNGS,
    SILENT,
    UNIT,
    Records,
    peaks,
)
from tocsin_detectors.kernels.tail import lmoments, shape, spread

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I16 = npt.NDArray[np.int16]

EDGES = (0.40, 0.45, 0.50, 0.55, 0.60, 0.65)  # classes of tail weight, by L-CV
HYSTERESIS = 0.01
HALF_LIFE = 14.0  # days of what a series remembers of its own
CAUTION = 5.0  # pseudo-episodes with which a series' ladder leans on its class
MATURE = 24  # peaks from which a series has a class


@njit(cache=True, nogil=True, error_model="numpy")
def observe(
    rates: F64,
    hot: Records,
    ring: F32,
    exp: F32,
    class_exp: F64,
    mean: F64,
    t: F64,
    ordered: F64,
) -> None:
    """What was to be expected since the last refresh, and the moments of each ring.

    rates    episodes a day at the rungs, 10^-LOGR
    ordered  float64[64 + 2], scratch
    Writes exp, class_exp (float64[classes, 24]), mean and t (0 and 1/2 below 8 peaks).
    """
    for k in range(hot.size):
        h = hot[k]
        mean[k], t[k] = 0.0, 0.5
        if h["n"] == 0:
            continue
        days = h["days"]
        late = 0.0  # days since the own ladder counts
        if h["n"] > OWN + 1:
            late = days + min(exp[k, 0], np.float32(0.0))
            exp[k, 0] = max(exp[k, 0], np.float32(0.0))
        for j in range(RUNGS):
            rate = min(float(h["lam"]), rates[j])
            class_exp[h["cls"], j] += days * rate
            exp[k, j] += late * rate
        count = peaks(h["nr"])
        if count >= 8:
            lmoments(ring[k], count, ordered, ordered[RING:])
            mean[k] = ordered[RING]
            t[k] = min(max(ordered[RING + 1], 0.2), 0.8)


@njit(cache=True, nogil=True, error_model="numpy")
def variance(t: float, count: int) -> float:
    """Sampling variance of the L-CV of so many peaks, in a pool of mean t."""
    return 0.085 * (1.0 + 6.0 * max(t - 0.5, 0.0)) / max(count, 1)


@njit(cache=True, nogil=True, error_model="numpy")
def class_of(t: float, old: int, count: int) -> int:
    """Class of tail weight: 0 young, then 1 to 7; it changes only clear of the edge between."""
    if count < MATURE:
        return 0
    new = 1
    for edge in EDGES:
        if t > edge:
            new += 1
    if old in (0, new):
        return new
    edge = EDGES[old - 1] if new > old else EDGES[old - 2]
    return old if abs(t - edge) <= HYSTERESIS else new


@njit(cache=True, nogil=True, error_model="numpy")
def fit(
    pool_t: float,
    pool_var: float,
    pool_mean: float,
    pool_rate: float,
    b0: float,
    t: float,
    tt: float,
    h: Any,
    peaks_of_row: F32,
) -> float:
    """The tail of a row. Writes lam, xi, sigma of h; answers the L-CV it rests on."""
    count = peaks(h["nr"])
    weight = pool_var / (pool_var + variance(pool_t, count)) if count >= 8 else 0.0
    t = min(max(weight * t + (1.0 - weight) * pool_t, 0.3), 0.7)
    lam = h["c"] / max(tt, 1e-9) if h["c"] >= 3.0 else 0.0
    if pool_rate > 0.0:
        b0 = (count * b0 + 4.0 * pool_mean) / (count + 4.0) if count >= 8 else pool_mean
        lam = (h["c"] + 4.0) / (tt + 4.0 / pool_rate)
    if h["n"] > SILENT and lam > 0.0 and b0 > 0.0:
        h["lam"] = lam
        h["xi"] = shape(t)
        h["sigma"] = max(spread(b0, t), 1e-9)
    elif h["lam"] > 0.0:  # too few episodes are left: back to ranks
        h["lam"] = 0.0
        h["sigma"] = 0.0
        for j in range(count):
            h["sigma"] = max(h["sigma"], peaks_of_row[j])
    return t


@njit(cache=True, nogil=True, error_model="numpy")
def climb(class_c: F64, class_gain: F64, obs: F32, exp: F32, corr: I16) -> None:
    """The ladder of a row, leaning on its class's. Writes corr."""
    ratio = 1.0
    v = -math.inf
    for j in range(RUNGS):
        ratio = (obs[j] + CAUTION * ratio * class_gain[j]) / (exp[j] + CAUTION)
        c = max(math.log10(min(max(ratio, 0.02), 50.0)), class_c[j])
        rung = RUNG_0 + j * RUNG_STEP
        v = max(v, rung - c)  # r must not fall while r0 rises
        corr[j] = round((rung - v) * UNIT)


@njit(cache=True, nogil=True, error_model="numpy")
def refit(
    pool_t: float,
    pool_var: float,
    pool_mean: float,
    pool_rate: float,
    mean: F64,
    t: F64,
    class_c: F64,
    class_gain: F64,
    ring: F32,
    hot: Records,
    obs: F32,
    exp: F32,
    corr: I16,
) -> None:
    """Each row's tail and ladder anew, given the pool (mean and rate 0: there is none); forget.

    class_c      float64[classes, 24], the corrections of the classes
    class_gain   10^(class_c[k] - class_c[k - 1])
    Writes hot, obs, exp, corr.
    """
    for k in range(hot.size):
        h = hot[k]
        if h["n"] == 0:
            continue
        days = h["days"]
        age = h["age"] + days
        tt = h["tt"] + days if h["n"] > SILENT else 0.0
        fitted = fit(pool_t, pool_var, pool_mean, pool_rate, mean[k], t[k], tt, h, ring[k])
        cls = h["cls"]
        climb(class_c[cls], class_gain[cls], obs[k], exp[k], corr[k])
        h["cls"] = class_of(fitted, cls, peaks(h["nr"]))
        # The window is half the age until the half-life takes over.
        keep = min(0.5 ** (days / HALF_LIFE), age / (age + days)) if days > 0.0 else 1.0
        h["c"] *= keep
        h["tt"] = tt * keep
        h["age"] = age
        h["days"] = 0.0
        for j in range(RUNGS):
            obs[k, j] *= keep
            exp[k, j] *= keep
