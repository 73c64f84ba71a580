"""Compiled: numbers cut out of records of known shape become readings."""

# ruff: noqa: PLR0913, PLR0917
# mypy: allow-untyped-defs, allow-untyped-calls
# Kernels are free functions over arrays; numba types them when it compiles them.

from __future__ import annotations

import numpy as np
from numba import njit

INT, REAL, ISO = 0, 1, 3  # kinds of cuts, as in scan
LAST = 2**63 - 1


@njit(cache=True, nogil=True)
def _time(kind, whole, real, unit):
    if kind == ISO:
        return True, whole
    if kind == INT:
        size = abs(whole)
        power = unit - 1
        if unit == 0:
            power = 9 if size < 10**11 else 6 if size < 10**14 else 3 if size < 10**17 else 0
        scale = np.int64(1000) ** (power // 3)
        if whole < -LAST or size > LAST // scale:
            return False, np.int64(0)
        return True, whole * scale
    if kind != REAL:
        return False, np.int64(0)
    size = abs(real)
    power = unit - 1
    if unit == 0:
        power = 9 if size < 1e11 else 6 if size < 1e14 else 3 if size < 1e17 else 0
    grain = np.int64(1000) if power >= 6 else np.int64(1)
    steps = np.rint(real * (1e6 if power == 9 else 1e3 if power >= 3 else 1.0))
    if not abs(steps) < 9.2e18 / grain:
        return False, np.int64(0)
    return True, np.int64(steps) * grain


@njit(cache=True, nogil=True)
def emit(
    shape,  # int32[n]
    slot_at,  # int64[n + 1]
    kind,
    whole,
    real,
    unit,  # 0: by size, else the exponent of ten from the unit to ns
    clock,  # int32[shape]: slot of the time
    first,  # int32[shape]: where its readings begin among slot, code, constant
    count,  # int32[shape]: how many; below 0: the plain road
    slot,
    code,
    constant,
    record,  # outputs
    series,
    time,
    value,
    slow,  # bool[n]
):
    """Readings of records of known shape. Writes the outputs; returns how many."""
    n = 0
    for r in range(shape.size):
        s = shape[r]
        slow[r] = s < 0 or count[s] < 0
        if slow[r]:
            continue
        k0 = slot_at[r]
        k = k0 + clock[s]
        read, t = _time(kind[k], whole[k], real[k], unit)
        base = n
        if not read:
            slow[r] = True
            continue
        for p in range(first[s], first[s] + count[s]):
            k = k0 + max(slot[p], 0)
            v = real[k] if slot[p] >= 0 else constant[p]
            if np.isinf(v) or (slot[p] >= 0 and kind[k] == ISO):
                slow[r] = True  # the plain road says what is wrong with it
                n = base
                break
            record[n], series[n], time[n], value[n] = r, code[p], t, v
            n += 1
    return n
