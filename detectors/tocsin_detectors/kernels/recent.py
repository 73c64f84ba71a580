"""The newest points of each row in a ring, for pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from tocsin_detectors.kernels.prefetch import prefetch

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]

POINT = np.dtype([("time", np.int64), ("value", np.float64)])  # four to a cache line
AHEAD = 16


@njit(cache=True, nogil=True)
def push(row: I32, time: I64, value: F64, seen: I32, ring: npt.NDArray[Any]) -> None:
    """Append points; `ring[r]` is a ring of POINT, `seen[r]` the count, kept in
    [0, 2 * length) so that it never overflows."""
    size = ring.shape[1]
    for i in range(row.size):
        if i + AHEAD < row.size:
            later = row[i + AHEAD]
            k = seen[later]
            prefetch(ring, later, (k - size if k >= size else k) >> 2)
        r = row[i]
        k = seen[r]
        at = k - size if k >= size else k
        ring[r, at].time = time[i]
        ring[r, at].value = value[i]
        seen[r] = k + 1 if k + 1 < 2 * size else size
