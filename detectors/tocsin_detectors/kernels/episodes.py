"""Episodes of combined return periods: one rule for what a person is told and what is counted.

An episode opens with the first point that any detector finds beyond its threshold and closes
after `gap` + 1 points in a row without one. It is announced once its return period reaches the
floor. From then on a finding is due when the return period has moved to another level (levels are
`step` apart, in log10 days, from the floor on; all below it is one level), and when it closes.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
I8 = npt.NDArray[np.int8]

STEP, CLOSED, STALE = range(3)
NONE = -9.0
LEVELS = 120


@njit(cache=True, nogil=True)
def follow(
    gap: int,
    floor: float,
    step: float,
    patience: float,
    row: I32,
    time: I64,
    r: F64,
    usual: F64,
    quiet: I32,
    level: I8,
    start: I64,
    last: I64,
    peak: F64,
    out_at: I32,
    out_kind: I8,
    out_time: I64,
    out_start: I64,
    out_peak: F64,
) -> int:
    """Follow the episodes of a batch; answers how many findings there are to tell.

    r          float64[n], log10 days; NaN: no detector answered; NONE: nothing unusual
    usual      float64[n], usual distance of points of the row, ns
    patience   usual distances without a point after which an announced episode has ended
    quiet, level, start, last, peak: state by row; `quiet` above `gap` means no episode, `level` 0
    that it was not announced, 1 that it is below the floor now
    out_time   of the point; of an end for want of points, when it was due
    """
    n = 0
    for i in range(row.size):
        x = r[i]
        if math.isnan(x):
            continue
        k = row[i]
        t = time[i]
        if level[k] > 0 and float(t - last[k]) > patience * usual[i]:
            out_at[n], out_kind[n] = i, STALE
            out_time[n] = last[k] + np.int64(patience * usual[i])
            out_start[n], out_peak[n] = start[k], peak[k]
            n += 1
            level[k] = 0
            quiet[k] = gap + 1
        if x > -8.0:
            if quiet[k] > gap:
                start[k] = t
                peak[k] = NONE
            quiet[k] = 0
            last[k] = t
            peak[k] = max(peak[k], x)
            now = 1
            if x >= floor:
                now = 2 + min(int((x - floor) / step), LEVELS)
            if now != level[k] and (now > 1 or level[k] > 0):
                level[k] = now
                out_at[n], out_kind[n], out_time[n] = i, STEP, t
                out_start[n], out_peak[n] = start[k], peak[k]
                n += 1
        elif quiet[k] <= gap:
            quiet[k] += 1
            last[k] = t
            if quiet[k] > gap and level[k] > 0:
                out_at[n], out_kind[n], out_time[n] = i, CLOSED, t
                out_start[n], out_peak[n] = start[k], peak[k]
                n += 1
                level[k] = 0
    return n
