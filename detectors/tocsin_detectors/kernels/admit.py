"""Admission: which readings become points, and for how long each of them stands.

Within a series arrival order decides: older than the newest is late, equal to it a duplicate. A
reading without a value moves the clock of its series and is not scored. `days` is the event time
a point stands for: the distance to the one before, at most `CAP` usual distances, so that time
without data does not count as observed.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from tocsin_detectors.kernels.prefetch import prefetch

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]

SCORED, FILTERED, LATE, DUPLICATE, REFUSED = range(5)
OUTCOMES = 5
NEVER = np.iinfo(np.int64).min
AHEAD = 16
CAP = 4.0  # a gap counts as this many usual distances at most
STEP = 1.05  # the usual distance follows the median by this factor a point
DAYS_PER_NS = 1.0 / 86_400e9


@njit(cache=True, nogil=True)
def rows_of(code: I32, row_of_code: I32, row: I32) -> int:
    """Look codes up; writes `row`, answers the smallest: below 0 for codes without a row."""
    least = 0
    for i in range(code.size):
        r = row_of_code[code[i]]
        row[i] = r
        least = min(least, r)
    return least


@njit(cache=True, nogil=True)
def admit(
    keep_duplicates: bool,
    ordered: bool,
    order: I32,
    row: I32,
    time: I64,
    value: F64,
    source: I32,
    newest: I64,
    cadence: F64,
    counts: npt.NDArray[np.int64],
    out_at: I32,
    out_row: I32,
    out_time: I64,
    out_value: F64,
    out_days: F64,
    out_usual: F64,
) -> int:
    """Admit a batch in the given order (`ordered`: as it stands). Rows below 0 are refused.

    Writes newest (ns), cadence (ns) and the `counts[source, outcome]`; answers how many points
    were admitted, and fills the first so many places of the outputs.
    """
    n = 0
    for k in range(row.size):
        if not ordered and k + AHEAD < row.size:
            later = order[k + AHEAD]
            prefetch(row, later, 0)
            prefetch(time, later, 0)
            prefetch(value, later, 0)
            prefetch(source, later, 0)
        i = k if ordered else order[k]
        r = row[i]
        if r < 0:
            counts[source[i], REFUSED] += 1
            continue
        t = time[i]
        last = newest[r]
        days = 0.0
        usual = cadence[r]
        if last != NEVER:
            if t < last:
                counts[source[i], LATE] += 1
                continue
            if t == last:
                if not keep_duplicates:
                    counts[source[i], DUPLICATE] += 1
                    continue
            else:
                step = float(t - last)
                if usual == 0.0:
                    usual = step
                elif step > usual:
                    usual *= STEP
                elif step < usual:
                    usual /= STEP
                cadence[r] = usual
                days = min(step, CAP * usual) * DAYS_PER_NS
        newest[r] = t
        x = value[i]
        if math.isnan(x):
            counts[source[i], FILTERED] += 1
            continue
        counts[source[i], SCORED] += 1
        out_at[n] = i
        out_row[n] = r
        out_time[n] = t
        out_value[n] = x
        out_days[n] = days
        out_usual[n] = usual
        n += 1
    return n
