"""Robust level and spread: distance from a running level in units of a running spread.

With x the reading, m the level, s the spread, and both winsorised at c spreads:
  score = |x - m| / max(s, floor);   d = clip(x - m, -c s, c s)
  m += w_m d;   s += w_s (sqrt(pi/2) |d| - s);   w = max(weight, 1/points): first a plain average
  floor = max(1e-12 |m|, step / 2), step = finest change seen lately, from a
sixteenth of the first: falls at once, rises by an eighth of the way to a coarser one and at
most to its double, is forgotten with the weight of s.
Symbol -> field: m level, s spread, w_m `fast`, w_s `slow`, c `clip`.

Choice of weights, on labelled operational series (server and web indicators, 1 and 5 min):
mean average precision of three sets at (w_m, w_s) = (.01, .01) .17 .18 .28; (.01, .0025)
.20 .21 .33; (.02, .005) .18 .23 .31; (.02, .002) .20 .26 .34 <- taken; (.05, .0125) .16 .17
.30; (.1, .1) .13 .09 .17. A slower spread always helped; clip 2 or 3 alike. A shift of 10
spreads is settled in 60 points. Relearning after 60 or 100 points outside cost .01 to .02 on
one set, after 200 nothing.

Performance: one pass, half a cache line a point (32 bytes a row), prefetched: 11 ns a point on
one core of a shared AMD EPYC (Zen 3), 2026-11, 9 with rows in order; prefetched 12 points ahead
17, 4 ahead 29. Spread and step in double precision make 40 bytes, which straddle lines.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from tocsin_detectors.contract import F32, F64, I32
from tocsin_detectors.kernels.prefetch import AHEAD, prefetch

HUGE = 1e150  # readings beyond are taken as this
MOST = 1e38  # largest spread and step: they are kept in single precision
NORMAL = 1.2533141373155003  # sqrt(pi/2): mean absolute deviation to standard deviation
TOP = 1e6  # score of anything stranger
GRAIN = 1e-12  # spread below this share of the level is taken as rounding
PLAIN = 8  # points learned as they are, before there is a spread to clip by

RECORD = np.dtype(
    {
        "names": ["level", "last", "spread", "step", "seen", "streak"],
        "formats": ["f8", "f8", "f4", "f4", "i4", "i4"],
    },
    align=True,
)


@njit(cache=True, nogil=True, error_model="numpy")
def robust(
    row: I32,
    value: F64,
    fast: float,
    slow: float,
    clip: float,
    warmup: int,
    relearn: int,
    state: npt.NDArray[Any],
    score: F64,
    expected: F64,
    width: F32,
) -> None:
    """Score each point against its row, then learn it. Writes state and the three outputs."""
    n = row.size
    for i in range(n):
        prefetch(state, np.int64(row[min(i + AHEAD, n - 1)]), 0)
        x = value[i]
        if not math.isfinite(x):
            score[i] = expected[i] = width[i] = math.nan
            continue
        x = min(max(x, -HUGE), HUGE)
        at = state[row[i]]
        seen = at.seen
        m, s, step, last = at.level, np.float64(at.spread), np.float64(at.step), at.last
        if seen == 0:
            m, last = x, x
        d = x - m
        size = abs(d)
        unit = max(s, 0.5 * step, GRAIN * abs(m), 1e-30)
        ratio = size / unit
        score[i] = min(ratio, TOP) if seen >= warmup else math.nan
        expected[i] = m
        width[i] = unit
        # finest change between neighbours: the spread of counts is never below half of it
        change = abs(x - last)
        step = step * (1.0 - slow)
        if change > 0.0:
            coarser = (
                change / 16.0 if step == 0.0 else min(step + (change - step) / 8.0, 2.0 * step)
            )
            step = min(change, coarser, MOST)
        # a level that lasts: so many points on one side that they are the new normal
        side = 0 if ratio <= clip else (1 if d > 0.0 else -1)
        streak = at.streak
        if side == 0:
            streak -= (streak > 0) - (streak < 0)
        elif side * streak < 0:
            streak = side
        else:
            streak += side
        if abs(streak) >= relearn:
            seen, streak = PLAIN, 0
            m, d, size, ratio = x, 0.0, 0.0, 0.0
        if seen >= PLAIN and ratio > clip:
            size = clip * unit
            d = math.copysign(size, d)
        plain = 1.0 / (seen + 1.0)
        at.level = m + max(fast, plain) * d
        at.spread = min(s + max(slow, plain) * (NORMAL * size - s), MOST)
        at.step = step
        at.last = x
        at.seen = min(seen + 1, 1 << 30)
        at.streak = streak
