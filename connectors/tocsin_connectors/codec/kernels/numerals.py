"""Compiled: numbers and times in bytes, exactly as the plain road reads them, or not at all.

They are compiled into the scanners, whose cache numba renews only when the scanners' own file
changes: whoever changes something here raises `EDITION` in `scan` and `scan_rows`.
"""

# ruff: noqa: C901, PLR0911, PLR0912
# mypy: allow-untyped-defs, allow-untyped-calls
# Kernels are free functions over arrays; numba types them when it compiles them.

from __future__ import annotations

import numpy as np
from numba import njit

INT, REAL, HARD, ISO, NAN, SKIP = 0, 1, 2, 3, 4, 5  # kinds of cuts
BAD = -1
POWER = 10.0 ** np.arange(23)  # exact in float64
CUMULATIVE = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])


@njit(cache=True, nogil=True)
def _exponent(b, i, e):
    """What stands behind the letter: (behind it, exponent); (-1, 0): no digits."""
    down = i < e and b[i] == 45
    if i < e and (b[i] == 45 or b[i] == 43):
        i += 1
    s = i
    exponent = np.int64(0)
    while i < e and 48 <= b[i] <= 57:
        if exponent < 10000:
            exponent = exponent * 10 + np.int64(b[i] - 48)
        i += 1
    if i == s:
        return -1, np.int64(0)
    return i, -exponent if down else exponent


@njit(cache=True, nogil=True)
def number(b, i, e, lenient):
    """A number at b[i:e]: (end, kind, as int64, as float64). HARD: the caller rounds it.

    Strict is JSON's grammar; lenient adds a plus, leading zeros and a bare point. Exact for
    mantissas below 2**53 with at most 22 decimals (Clinger 1990).
    """
    if i >= e:
        return i, BAD, np.int64(0), 0.0
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
    power = np.int64(-decimals)
    if i < e and (b[i] == 101 or b[i] == 69):
        whole = False
        i, exponent = _exponent(b, i + 1, e)
        if i < 0:
            return e, BAD, np.int64(0), 0.0
        power += exponent
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
def _fraction(b, i, e):
    """Up to nine digits behind a point, as ns: (behind them, ns; below 0: none or too many)."""
    s = i
    ns = np.int64(0)
    while i < e and i - s < 9 and 48 <= b[i] <= 57:
        ns = ns * 10 + np.int64(b[i] - 48)
        i += 1
    if i == s or (i < e and 48 <= b[i] <= 57):
        return i, np.int64(-1)
    return i, ns * 10 ** (9 - (i - s))


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
                i, ns = _fraction(b, i + 1, e)
                if ns < 0:
                    return False, np.int64(0)
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
