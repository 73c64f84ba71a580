"""Compiled scanners: records whose text was seen before, but for its numbers.

A scanner cuts the changing parts (numbers, times) out of each record. What is left, with a mark
at each cut, is the record's *shape*. A shape is learned once, from one record, by the strict
decoder, which says which cut is the time and which series the others belong to; later records
of equal shape differ from it in valid numbers only, so they are what the strict decoder would
take, and mean the same. Everything a scanner does not understand gets shape -1 and goes the
plain road, record by record. A hash never decides alone: shapes are compared in full.

Performance note: one pass over the bytes to find the cuts, two over the rest in words of eight
(hash, comparison). A 86-byte record with two numbers: about 150 ns on a 2 GHz core (2026-11).
Lost against it: a `msgspec.Struct` with raw labels and a dictionary (950 ns), Arrow's JSON
reader (920 ns), both before any series code.
"""
# ruff: noqa: C901, PLR0911, PLR0912, PLR0913, PLR0915 - kernels are free functions over arrays

from __future__ import annotations

import numpy as np
from numba import njit

INT, REAL, HARD, ISO, NAN, SKIP = 0, 1, 2, 3, 4, 5
BAD = -1
RECORD_MAX = 4096  # longer records go the plain road
SLOTS_MAX = 64
POWER = 10.0 ** np.arange(23)  # exact in float64
CUMULATIVE = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])
TIME, VALUE, TEXT, OTHER = 1, 2, 3, 0


@njit(cache=True, nogil=True)
def number(b, i, e, lenient):
    """A number at b[i:e]: (end, kind, as int64, as float64). HARD: the caller rounds it.

    Strict is JSON's grammar; lenient adds a plus, leading zeros and a bare point. Exact for
    mantissas below 2**53 with at most 22 decimals (Clinger 1990).
    """
    negative = b[i] == 45
    if negative or (lenient and b[i] == 43):
        i += 1
    m = np.int64(0)
    digits, decimals = 0, 0
    fits, whole = True, True
    s = i
    while i < e and 48 <= b[i] <= 57:
        if m > 922337203685477579:
            fits = False
        if fits:
            m = m * 10 + np.int64(b[i] - 48)
        i += 1
    digits = i - s
    if lenient:
        if digits > 20:
            return i, BAD, np.int64(0), 0.0
    elif digits == 0 or (digits > 1 and b[s] == 48):
        return i, BAD, np.int64(0), 0.0
    if i < e and b[i] == 46:
        whole = False
        i += 1
        s = i
        while i < e and 48 <= b[i] <= 57:
            if m > 922337203685477579:
                fits = False
            if fits:
                m = m * 10 + np.int64(b[i] - 48)
            i += 1
        decimals = i - s
        if decimals == 0 and not lenient:
            return i, BAD, np.int64(0), 0.0
        digits += decimals
    if digits == 0:
        return i, BAD, np.int64(0), 0.0
    power = -decimals
    if i < e and (b[i] == 101 or b[i] == 69):
        whole = False
        i += 1
        down = i < e and b[i] == 45
        if i < e and (b[i] == 45 or b[i] == 43):
            i += 1
        s = i
        exponent = 0
        while i < e and 48 <= b[i] <= 57:
            if exponent < 10000:
                exponent = exponent * 10 + np.int64(b[i] - 48)
            i += 1
        if i == s:
            return i, BAD, np.int64(0), 0.0
        power += -exponent if down else exponent
    if not fits:
        return i, HARD, np.int64(0), 0.0
    if whole:
        real = np.float64(m)
        if negative:
            real = -real if m != 0 or lenient else real
        return i, INT, -m if negative else m, real
    if m > 9007199254740992 or power < -22 or power > 22:
        return i, HARD, np.int64(0), 0.0
    real = np.float64(m) / POWER[-power] if power < 0 else np.float64(m) * POWER[power]
    return i, REAL, np.int64(0), -real if negative else real


@njit(cache=True, nogil=True)
def _digits(b, i, n):
    r = np.int64(0)
    for k in range(i, i + n):
        if not 48 <= b[k] <= 57:
            return np.int64(-1)
        r = r * 10 + np.int64(b[k] - 48)
    return r


@njit(cache=True, nogil=True)
def iso(b, i, e, naive_s, has_naive):
    """A date, or a date and time, of ISO 8601: (whether read, ns since the epoch).

    `naive_s`: offset east of UTC where none is written, if there is a fixed one.
    """
    if e - i < 10 or b[i + 4] != b[i + 7] or (b[i + 4] != 45 and b[i + 4] != 47):
        return False, np.int64(0)
    year, month, day = _digits(b, i, 4), _digits(b, i + 5, 2), _digits(b, i + 8, 2)
    if year < 1700 or year > 2200 or month < 1 or month > 12 or day < 1:
        return False, np.int64(0)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    length = 31 if month == 12 else CUMULATIVE[month] - CUMULATIVE[month - 1]
    if day > length + (1 if leap and month == 2 else 0):
        return False, np.int64(0)
    y = year - 1
    days = y * 365 + y // 4 - y // 100 + y // 400 + CUMULATIVE[month - 1] + day - 719163
    if leap and month > 2:
        days += 1
    seconds = days * 86400
    ns = np.int64(0)
    i += 10
    if i < e:
        if e - i < 6 or (b[i] != 84 and b[i] != 32 and b[i] != 116) or b[i + 3] != 58:
            return False, np.int64(0)
        hour, minute = _digits(b, i + 1, 2), _digits(b, i + 4, 2)
        if hour < 0 or hour > 23 or minute < 0 or minute > 59:
            return False, np.int64(0)
        seconds += hour * 3600 + minute * 60
        i += 6
        if i < e and b[i] == 58:
            if e - i < 3:
                return False, np.int64(0)
            second = _digits(b, i + 1, 2)
            if second < 0 or second > 59:
                return False, np.int64(0)
            seconds += second
            i += 3
            if i < e and (b[i] == 46 or b[i] == 44):
                i += 1
                s = i
                while i < e and 48 <= b[i] <= 57:
                    ns = ns * 10 + np.int64(b[i] - 48)
                    i += 1
                    if i - s > 9:
                        return False, np.int64(0)
                if i == s:
                    return False, np.int64(0)
                for _ in range(9 - (i - s)):
                    ns *= 10
    if i == e:
        if not has_naive:
            return False, np.int64(0)
        return True, (seconds - naive_s) * 1_000_000_000 + ns
    if e - i == 1 and (b[i] == 90 or b[i] == 122):
        return True, seconds * 1_000_000_000 + ns
    if (b[i] == 43 or b[i] == 45) and (e - i == 5 or (e - i == 6 and b[i + 3] == 58)):
        hour, minute = _digits(b, i + 1, 2), _digits(b, e - 2, 2)
        if hour < 0 or hour > 23 or minute < 0 or minute > 59:
            return False, np.int64(0)
        offset = hour * 3600 + minute * 60
        return True, (seconds - (offset if b[i] == 43 else -offset)) * 1_000_000_000 + ns
    return False, np.int64(0)


@njit(cache=True, nogil=True)
def text(b, i, e, is_time, naive_s, has_naive):
    """A time or value written as text: (kind, as int64, as float64); BAD: not understood."""
    if i >= e:
        return BAD if is_time else NAN, np.int64(0), np.nan
    j, kind, whole, real = number(b, i, e, True)
    if j == e:
        return kind, whole, real
    if is_time:
        read, ns = iso(b, i, e, naive_s, has_naive)
        return ISO if read else BAD, ns, 0.0
    if e - i == 3 and b[i] | 32 == 110 and b[i + 1] | 32 == 97 and b[i + 2] | 32 == 110:
        return NAN, np.int64(0), np.nan
    return BAD, np.int64(0), 0.0


@njit(cache=True, nogil=True)
def _word(b, i):
    w = np.uint64(0)
    for k in range(8):
        w |= np.uint64(b[i + k]) << np.uint64(8 * k)
    return w


@njit(cache=True, nogil=True)
def _hash(b, i, e, h):
    while i + 8 <= e:
        h = (h ^ _word(b, i)) * np.uint64(0xFF51AFD7ED558CCD)
        h ^= h >> np.uint64(32)
        i += 8
    while i < e:
        h = (h ^ np.uint64(b[i])) * np.uint64(0xC4CEB9FE1A85EC53)
        i += 1
    return (h ^ (h >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True)
def _same(a, o, b, i, e):
    while i + 8 <= e:
        if _word(a, o) != _word(b, i):
            return False
        i += 8
        o += 8
    while i < e:
        if a[o] != b[i]:
            return False
        i += 1
        o += 1
    return True


@njit(cache=True, nogil=True)
def intern(
    b,  # the block
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
    arena_at,  # int64[shape + 1]
    born,  # int64[shape]: the record that showed it first
    used,  # int64[2]: shapes, bytes of the arena
):
    """The shape of a record, a new one if need be; BAD: the table is full. Writes the table."""
    h = seed
    p = i
    size = e - i
    for k in range(k0, k1):
        h = _hash(b, p, begin[k], h)
        size -= stop[k] - begin[k] - 1
        p = stop[k]
    h = _hash(b, p, e, h)
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
                if arena[o + n] != 0 or not _same(arena, o, b, p, begin[k]):
                    same = False
                    break
                o += n + 1
                p = stop[k]
            if same and _same(arena, o, b, p, e):
                return np.int64(shape)
        at = (at + np.uint64(1)) & mask
    shape = used[0]
    o = used[1]
    if 2 * shape + 2 >= index.size or o + size > arena.size:
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
            arena[o] = 0
            o += 1
            p = stop[k]
    used[0] = shape + 1
    used[1] = o
    arena_at[shape + 1] = o
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
def objects(
    b,  # uint8: the block
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
    arena_at,
    born,
    used,
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
    while r < start.size:
        k0 = slot_at[r]
        shape[r] = BAD
        slot_at[r + 1] = k0
        if k0 + SLOTS_MAX > kind.size:
            return r
        if end[r] - start[r] <= RECORD_MAX:
            k, members[r] = _object(
                b, start[r], end[r], k0, clock, value, naive_s, has_naive,
                begin, stop, kind, whole, real,
            )  # fmt: skip
            if k >= 0:
                shape[r] = intern(
                    b, start[r], end[r], r, k0, k, begin, stop,
                    seed, index, digest, arena, arena_at, born, used,
                )  # fmt: skip
                if shape[r] < 0:
                    return r
                slot_at[r + 1] = k
        r += 1
    return r


@njit(cache=True, nogil=True)
def rows(
    b,
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
    arena_at,
    born,
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
        i, e = start[r], end[r]
        column = 0
        good = e - i <= RECORD_MAX
        while good:
            s = i
            while i < e and b[i] != delimiter and b[i] != 34 and b[i] >= 32 and b[i] < 128:
                i += 1
            if column >= role.size or (i < e and b[i] != delimiter):
                good = False
                break
            if role[column] != TEXT:
                j = i
                while s < j and b[s] == 32:
                    s += 1
                while s < j and b[j - 1] == 32:
                    j -= 1
                begin[k], stop[k] = s, j
                kind[k], whole[k], real[k] = SKIP, 0, 0.0
                if role[column] != OTHER:
                    is_time = role[column] == TIME
                    kind[k], whole[k], real[k] = text(b, s, j, is_time, naive_s, has_naive)
                    good = kind[k] != BAD
                k += 1
            column += 1
            if i >= e:
                break
            i += 1
        if good and column == role.size:
            shape[r] = intern(
                b, start[r], e, r, slot_at[r], k, begin, stop,
                seed, index, digest, arena, arena_at, born, used,
            )  # fmt: skip
            if shape[r] < 0:
                return r
            slot_at[r + 1] = k
        r += 1
    return r
