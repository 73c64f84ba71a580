"""The newest points of each row in a ring, for pictures: float32 is enough to look at."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
F32 = npt.NDArray[np.float32]


@njit(cache=True, nogil=True)
def push(row: I32, time: I64, value: F64, seen: I32, times: I64, values: F32) -> None:
    """Append points; `times[r]`, `values[r]` are rings of equal length, `seen[r]` the count,
    kept in [0, 2 * length) so that it never overflows."""
    size = times.shape[1]
    for i in range(row.size):
        r = row[i]
        k = seen[r]
        at = k - size if k >= size else k
        times[r, at] = time[i]
        values[r, at] = np.float32(value[i])
        seen[r] = k + 1 if k + 1 < 2 * size else size
