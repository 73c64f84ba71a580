"""Stable grouping of a batch by row: an LSD radix sort of row numbers, 11 bits a pass.

Detectors keep some hundreds of bytes a row. Read in row order that is a sequential walk, read in
arrival order it is a cache miss a line; grouping costs 4-6 ns a point and saves several times that
(measured with 100,000 rows in permuted order). Batches that come in row order already, as most
scrapes do, are left alone after one look.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

I32 = npt.NDArray[np.int32]
BITS = 11
BUCKETS = 1 << BITS
MASK = BUCKETS - 1


@njit(cache=True, nogil=True)
def is_grouped(row: I32) -> bool:
    """Whether rows never fall from one point to the next."""
    for i in range(1, row.size):  # noqa: SIM110  compiled, a generator is slower
        if row[i] < row[i - 1]:
            return False
    return True


@njit(cache=True, nogil=True)
def group(row: I32, order: I32, spare: I32, count: I32) -> None:
    """Write into `order` (int32[n]) the positions in ascending row order, arrival order within
    a row. `spare` is int32[n], `count` int32[BUCKETS]; both are scratch."""
    n = row.size
    top = 0
    for i in range(n):
        order[i] = i
        top = max(top, row[i])  # rows below 0 (refused) go with row 0
    shift = 0
    passes = 0
    a, b = order, spare
    while (top >> shift) > 0 or passes == 0:
        count[:] = 0
        for i in range(n):
            count[(max(row[i], 0) >> shift) & MASK] += 1
        before = np.int32(0)
        for k in range(BUCKETS):
            c = count[k]
            count[k] = before
            before += c
        for i in range(n):
            j = a[i]
            k = (max(row[j], 0) >> shift) & MASK
            b[count[k]] = j
            count[k] += 1
        a, b = b, a
        shift += BITS
        passes += 1
    if passes % 2 == 1:
        for i in range(n):
            order[i] = spare[i]
