"""Compiled scanner of delimited rows; see `scan` for what a shape is, and for `EDITION`."""

# ruff: noqa: C901, PLR0913, PLR0917
# mypy: allow-untyped-defs, allow-untyped-calls
# Kernels are free functions over arrays; numba types them when it compiles them.

from __future__ import annotations

import numpy as np
from numba import njit

from tocsin_connectors.codec.kernels.numerals import BAD, SKIP, number, text
from tocsin_connectors.codec.kernels.scan import RECORD_MAX, intern

EDITION = 4  # of the kernels of `numerals` and `scan` compiled in here
OTHER, TIME, VALUE, TEXT = 0, 1, 2, 3  # roles of columns


@njit(cache=True, nogil=True)
def _row(b, i, e, k, delimiter, role, naive_s, has_naive, begin, stop, kind, whole, real):
    """Cuts of one row, written from k on: behind the last of them, or BAD."""
    for column in range(role.size):
        if i > e:
            return np.int64(BAD)
        s = i
        is_time = role[column] == TIME
        if is_time or role[column] == VALUE:
            # Mostly a plain number: read it without looking for the cell's end first.
            i, kind[k], whole[k], real[k] = number(b, i, e, True)
            if kind[k] != BAD and (i == e or b[i] == delimiter):
                begin[k], stop[k] = s, i
                k += 1
                i += 1
                continue
            i = s
        while i < e and b[i] != delimiter and b[i] != 34 and b[i] >= 32 and b[i] < 128:
            i += 1
        if i < e and b[i] != delimiter:
            return np.int64(BAD)
        j = i
        i += 1
        if role[column] == TEXT:
            continue
        while s < j and b[s] == 32:
            s += 1
        while s < j and b[j - 1] == 32:
            j -= 1
        begin[k], stop[k] = s, j
        kind[k], whole[k], real[k] = SKIP, 0, 0.0
        if role[column] != OTHER:
            kind[k], whole[k], real[k] = text(b, s, j, is_time, naive_s, has_naive)
            if kind[k] == BAD:
                return np.int64(BAD)
        k += 1
    return np.int64(k) if i == e + 1 else np.int64(BAD)


@njit(cache=True, nogil=True)
def rows(
    b,
    bw,
    start,
    end,
    r,
    delimiter,
    role,  # int8[columns]: TIME, VALUE, TEXT, OTHER
    naive_s,
    has_naive,
    seed,
    index,
    digest,
    arena,
    words,
    arena_at,
    born,
    mark,
    mark_at,
    used,
    begin,
    stop,
    kind,
    whole,
    real,
    slot_at,
    shape,
):
    """Shapes and cuts of delimited rows without quotes; arguments and result as of objects."""
    while r < start.size:
        k = slot_at[r]
        shape[r] = BAD
        slot_at[r + 1] = k
        if k + role.size > kind.size:
            return r
        e = end[r]
        if e - start[r] <= RECORD_MAX:
            k = _row(
                b, start[r], e, k, delimiter, role, naive_s, has_naive,
                begin, stop, kind, whole, real,
            )  # fmt: skip
        else:
            k = np.int64(BAD)
        if k >= 0:
            shape[r] = intern(
                b, bw, start[r], e, r, slot_at[r], k, begin, stop,
                seed, index, digest, arena, words, arena_at, born, mark, mark_at, used,
            )  # fmt: skip
            if shape[r] < 0:
                return r
            slot_at[r + 1] = k
        r += 1
    return r
