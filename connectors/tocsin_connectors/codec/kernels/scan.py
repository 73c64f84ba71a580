"""Compiled scanners: records whose text was seen before, but for its numbers.

A scanner cuts the changing parts (numbers, times) out of each record. What is left, with a mark
at each cut, is the record's *shape*. A shape is learned once, from one record, by the strict
decoder, which says which cut is the time and which series the others belong to; later records
of equal shape differ from it in valid numbers only, so they are what the strict decoder would
take, and mean the same. Everything a scanner does not understand gets shape -1 and goes the
plain road, record by record. A hash never decides alone: shapes are compared in full.

Where series come in turn, the shape that followed last time is tried first: its text is
compared as it stands, and only its cuts are read. Otherwise one pass finds the cuts, and two go
over the rest in words of eight (hash, comparison).

Performance note, a 78-byte record with two numbers on a shared EPYC core, 2026-11: 250 ns in
turn, 500 ns at random, of which the two numbers take 80; msgspec alone into a typed record takes
410. Lost against it, both before any column is whole: `msgspec.Struct` with raw labels and a
dictionary, in slices of 500 (950 to 1,300 ns); Arrow's JSON reader (900 to 1,100 ns).
"""
# ruff: noqa: C901, PLR0911, PLR0912, PLR0913, PLR0917, PLR1714, SIM110
# mypy: allow-untyped-defs, allow-untyped-calls
# Kernels are free functions over arrays; numba types them when it compiles them.

from __future__ import annotations

import numpy as np
from numba import njit

from tocsin_connectors.codec.kernels.numerals import BAD, number, text

EDITION = 4  # of the kernels of `numerals` compiled in here
RECORD_MAX = 4096  # longer records go the plain road
SLOTS_MAX = 64


@njit(cache=True, nogil=True)
def _hash(b, bw, i, e, h):
    while i + 8 <= e:
        h = (h ^ bw[i]) * np.uint64(0xFF51AFD7ED558CCD)
        h ^= h >> np.uint64(32)
        i += 8
    while i < e:
        h = (h ^ np.uint64(b[i])) * np.uint64(0xC4CEB9FE1A85EC53)
        i += 1
    return (h ^ (h >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True)
def _same(a, aw, o, b, bw, i, e):
    if e - i >= 8:  # words, the last of them over the one before it
        while i + 8 <= e:
            if aw[o] != bw[i]:
                return False
            i += 8
            o += 8
        return i == e or aw[o - 8 + e - i] == bw[e - 8]
    while i < e:
        if a[o] != b[i]:
            return False
        i += 1
        o += 1
    return True


@njit(cache=True, nogil=True)
def intern(
    b,  # the block
    bw,  # uint64: its words of eight bytes, one at every byte
    i,  # where the record begins
    e,  # and ends
    r,  # its number
    k0,  # its cuts are k0..k1 of begin, stop
    k1,
    begin,
    stop,
    seed,
    index,  # int32[2**k], open addressing: shape or -1
    digest,  # uint64[shape]
    arena,  # uint8: text of the shapes, a zero byte for each cut
    words,  # uint64: its words, one at every byte
    arena_at,  # int64[shape + 1]
    born,  # int64[shape]: the record that showed it first
    mark,  # int64: where in the arena the cuts are
    mark_at,  # int64[shape + 1]: which of them are a shape's
    used,  # int64[3]: shapes, bytes of the arena, marks
):
    """The shape of a record, a new one if need be; BAD: the table is full. Writes the table."""
    h = seed
    p = i
    size = e - i
    for k in range(k0, k1):
        h = _hash(b, bw, p, begin[k], h)
        size -= stop[k] - begin[k] - 1
        p = stop[k]
    h = _hash(b, bw, p, e, h)
    mask = np.uint64(index.size - 1)
    at = h & mask
    while True:
        shape = index[at]
        if shape < 0:
            break
        o = arena_at[shape]
        if digest[shape] == h and arena_at[shape + 1] - o == size:
            p = i
            same = True
            for k in range(k0, k1):
                n = begin[k] - p
                if arena[o + n] != 0 or not _same(arena, words, o, b, bw, p, begin[k]):
                    same = False
                    break
                o += n + 1
                p = stop[k]
            if same and _same(arena, words, o, b, bw, p, e):
                return np.int64(shape)
        at = (at + np.uint64(1)) & mask
    shape = used[0]
    o = used[1]
    if 2 * shape + 2 >= index.size or o + size > arena.size or used[2] + k1 - k0 > mark.size:
        return np.int64(BAD)
    index[at] = shape
    digest[shape] = h
    born[shape] = r
    p = i
    for k in range(k0, k1 + 1):
        upto = begin[k] if k < k1 else e
        for x in range(p, upto):
            arena[o] = b[x]
            o += 1
        if k < k1:
            mark[used[2]] = o
            used[2] += 1
            arena[o] = 0
            o += 1
            p = stop[k]
    used[0] = shape + 1
    used[1] = o
    arena_at[shape + 1] = o
    mark_at[shape + 1] = used[2]
    return np.int64(shape)


@njit(cache=True, nogil=True)
def _space(b, i, e):
    while i < e and (b[i] == 32 or b[i] == 10 or b[i] == 13 or b[i] == 9):
        i += 1
    return i


@njit(cache=True, nogil=True)
def _quote(b, i, e):
    """Where the string that began before i ends: its closing quote, or e."""
    while i < e and b[i] != 34:
        i += 2 if b[i] == 92 else 1
    return min(i, e)


@njit(cache=True, nogil=True)
def _nested(b, i, e):
    """Behind the object or array that begins at i; e: it does not end."""
    depth = 0
    while i < e:
        c = b[i]
        i += 1
        if c == 34:
            i = _quote(b, i, e) + 1
        elif c == 123 or c == 91:
            depth += 1
        elif c == 125 or c == 93:
            depth -= 1
            if depth == 0:
                return i
    return e


@njit(cache=True, nogil=True)
def _equal(b, i, j, key):
    if j - i != key.size:
        return False
    for k in range(key.size):
        if b[i + k] != key[k]:
            return False
    return True


@njit(cache=True, nogil=True)
def _object(b, i, e, k, clock, value, naive_s, has_naive, begin, stop, kind, whole, real):
    """Cuts of one flat object, written from k on: (behind the last cut or BAD, members)."""
    limit = k + SLOTS_MAX
    members = 0
    i = _space(b, i, e)
    if i >= e or b[i] != 123:
        return BAD, members
    while True:
        i = _space(b, i + 1, e)
        if i >= e or b[i] != 34 or k >= limit:
            return BAD, members
        ks = i + 1
        ke = _quote(b, ks, e)
        i = _space(b, ke + 1, e)
        if i >= e or b[i] != 58:
            return BAD, members
        i = _space(b, i + 1, e)
        if i >= e:
            return BAD, members
        c = b[i]
        if c == 34:
            i += 1
            stop_at = _quote(b, i, e)
            is_time = _equal(b, ks, ke, clock)
            if is_time or _equal(b, ks, ke, value):
                begin[k], stop[k] = i, stop_at
                kind[k], whole[k], real[k] = text(b, i, stop_at, is_time, naive_s, has_naive)
                if kind[k] == BAD:
                    return BAD, members
                k += 1
            i = stop_at + 1
        elif c == 45 or 48 <= c <= 57:
            begin[k] = i
            i, kind[k], whole[k], real[k] = number(b, i, e, False)
            stop[k] = i
            if kind[k] == BAD:
                return BAD, members
            k += 1
        elif c == 123 or c == 91:
            i = _nested(b, i, e)
        else:
            s = i
            while i < e and 97 <= b[i] <= 122:
                i += 1
            if i == s:
                return BAD, members
        members += 1
        i = _space(b, i, e)
        if i >= e or b[i] != 44:
            break
    if i >= e or b[i] != 125 or _space(b, i + 1, e) != e:
        return BAD, members
    return k, members


@njit(cache=True, nogil=True)
def _guessed(
    b, bw, i, e, k, shape, is_clock, naive_s, has_naive,
    arena, words, arena_at, mark, mark_at, begin, stop, kind, whole, real,
):  # fmt: skip
    """Read b[i:e] as a record of the given shape: behind its last cut, or BAD if it is not.

    `is_clock`: the cut that is a time where it is text, -1 if none is.
    """
    o = arena_at[shape]
    for m in range(mark_at[shape], mark_at[shape + 1]):
        n = mark[m] - o
        if i + n >= e or not _same(arena, words, o, b, bw, i, i + n):
            return np.int64(BAD)
        i += n
        begin[k] = i
        if b[i - 1] == 34:
            j = _quote(b, i, e)
            is_time = m - mark_at[shape] == is_clock
            kind[k], whole[k], real[k] = text(b, i, j, is_time, naive_s, has_naive)
            i = j
        else:
            i, kind[k], whole[k], real[k] = number(b, i, e, False)
        stop[k] = i
        if kind[k] == BAD:
            return np.int64(BAD)
        k += 1
        o = mark[m] + 1
    if e - i != arena_at[shape + 1] - o or not _same(arena, words, o, b, bw, i, e):
        return np.int64(BAD)
    return np.int64(k)


@njit(cache=True, nogil=True)
def objects(
    b,  # uint8: the block
    bw,
    start,  # int64[n]: record i is b[start[i]:end[i]]
    end,
    r,  # the record to begin with
    clock,  # uint8: name of the member that is a time written as text, or empty
    value,  # uint8: of the one that is a number written as text
    naive_s,
    has_naive,
    seed,
    index,  # the table, as of intern
    digest,
    arena,
    words,
    arena_at,
    born,
    mark,
    mark_at,
    used,
    clock_cut,  # int32[shape]: the cut that is the time, -1: not known yet
    follower,  # int32[shape]: the shape that came after it last
    begin,  # outputs, a cut each
    stop,
    kind,
    whole,
    real,
    slot_at,  # int64[n + 1]
    members,  # int32[n]
    shape,  # int32[n]
):
    """Shapes and cuts of JSON objects; the number of the first record that found no room."""
    previous = np.int64(shape[r - 1]) if r > 0 else np.int64(BAD)
    while r < start.size:
        k0 = slot_at[r]
        shape[r] = BAD
        slot_at[r + 1] = k0
        if k0 + SLOTS_MAX > kind.size:
            return r
        guess = np.int64(follower[previous]) if previous >= 0 else np.int64(BAD)
        if guess >= 0:
            k = _guessed(
                b, bw, start[r], end[r], k0, guess, clock_cut[guess], naive_s, has_naive,
                arena, words, arena_at, mark, mark_at, begin, stop, kind, whole, real,
            )  # fmt: skip
            if k >= 0:
                shape[r] = previous = guess
                slot_at[r + 1] = k
                r += 1
                continue
        if end[r] - start[r] <= RECORD_MAX:
            k, members[r] = _object(
                b, start[r], end[r], k0, clock, value, naive_s, has_naive,
                begin, stop, kind, whole, real,
            )  # fmt: skip
            if k >= 0:
                shape[r] = intern(
                    b, bw, start[r], end[r], r, k0, k, begin, stop,
                    seed, index, digest, arena, words, arena_at, born, mark, mark_at, used,
                )  # fmt: skip
                if shape[r] < 0:
                    return r
                slot_at[r + 1] = k
                if previous >= 0:
                    follower[previous] = shape[r]
                previous = np.int64(shape[r])
        r += 1
    return r
