"""Sequential probability ratio tests on whitened, rank-transformed readings.

Per point, with mu, sigma, phi learned from the first `baseline` points of the row:
  y = (x - mu) / (sigma sqrt(1 - phi^2));   e = y - phi y'           y' = y of the point before
  p = (#{past e in lower cells} + U (1 + #{past e in its cell})) / (1 + #{past e})
  z = SCORES[p];   L_k = max(0, L_k + g_k(z))
  g_up, g_down = (+-d z - d^2/2) / w^2,   d = shift sqrt((1 - phi)/(1 + phi)), at least .05
  g_wide, g_narrow = -ln r + z^2/2 (1 - 1/r^2), r = `spread` and 1/`spread`
Symbol -> field: mu level, sigma scale (1 / its innovations: unit), y' last, L llr, d/w^2 lean,
d^2/2w^2 cost, past e count; U from (key, time); w from `design`.

If the e are exchangeable, the z are independent standard normal whatever the cells and the
law of e, so exp(sum g) is a martingale of mean 1. L is the largest sum that ends now, hence
P(L >= h) <= e^-h at every point (Ville, on the walk read backwards) and 4 e^-h for the largest
of four. L = 0 is the acceptance of H0 in Wald's chain of tests, with its boundary at 0 (Page).

The reference is a histogram of 25 cells, narrow in the middle: the rank within a cell is drawn
by lot, which costs nothing in validity and little power (a shift of 1 spread passes Wald's 4.55
in 11 points, as with sorted values), serves ties alike, and needs 25 bytes in place of 4000. It
is halved at `MOST` points or when a cell is full.
Values between two cells fall into either by lot, so that a small move of phi does not carry
all of an atom (a count of zero) into a cell that has never seen it.

Performance: one pass, two cache lines a point (128 bytes a row, aligned), both prefetched;
some 270 instructions, no branch on what is random. 43 to 54 ns a point, and 4 for p, on one
core of a shared AMD EPYC (Zen 3), 2026-11; a bare EWMA took 9 to 42 by how busy its neighbours
were. Tried and lost: fields of type array in the record, branches for the times of rest and
the formula of probit (117 ns); cumulative counts (32 stores a point: twice the memory time);
flat typed views (105); exp in the loop (+8). Without prefetch 140 to 220 ns.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from tocsin_detectors.contract import F32, F64, I32, I64
from tocsin_detectors.kernels.prefetch import AHEAD, prefetch

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]

HUGE = 1e150  # readings beyond are taken as this
FAR = 1e6  # deviations beyond, in sigma, are taken as this
MOST_SCALE = 1e38  # sigma is kept in single precision
NORMAL = 1.2533141373155003  # sqrt(pi/2): mean absolute deviation to standard deviation
GRAIN = 1e-12  # sigma below this share of the level is taken as rounding
ROUGH = 16  # baseline points that give the units for the others
WINSOR = 20.0  # deviations beyond, in these units, are taken as this
PHI_MOST = 0.97
FITTED = 4096  # points behind phi at most: older ones fade
LEVERAGE = np.float32(8.0)  # a point before teaches phi as if within this
DOUBT = 1.5  # standard errors of phi allowed for
SHIFT_LEAST = 0.05  # smallest design shift after whitening
CELLS = 25
HALF = np.float32(12.0)  # cells on either side of the middle one
BEND = np.float32(1.5)  # innovation, in its sd, at which half of them are passed
MOST = 1024  # points in the reference
FULL = 255  # points in a cell
PIECES = 1024  # normal scores
THIRD = 1.0 / 3.0
STEPS = 16  # of the table of 4 e^-L, a unit of L
REFIT = 64  # fewest points between two looks at phi
ALARM = np.float32(16.0)  # log likelihood ratio of an alarm: p = 4e-7
CAP = np.float32(32.0)

RECORD = np.dtype(
    {
        "names": [
            "count", "age", "seen", "points", "level", "unit", "phi", "last", "rho", "lean", "cost",
            "up", "down", "wide", "narrow", "level_rest", "latest", "spread_rest",
            "key", "scale", "fitted",
        ],
        "formats": [
            ("u1", (26,)), "u2", "u2", "u2", "f8", "f4", "f4", "f4", "f4", "f4", "f4",
            "f4", "f4", "f4", "f4", "i8", "i8", "i8",
            "u8", "f4", "u4",
        ],
        "itemsize": 128,
    },
    align=True,
)  # fmt: skip


def _masks() -> U64:
    """Per cell: the bytes of the lower cells, in four words."""
    byte = np.arange(32)
    lower = (byte[None, :] < np.arange(CELLS)[:, None]).astype(np.uint8) * np.uint8(255)
    return lower.view("<u8")


LOWER = _masks()
LEVEL_REST, SPREAD_REST = np.uint64(10), np.uint64(12)  # words of the record


def _scores() -> F32:
    """Means of a standard normal over so many equally likely pieces."""
    normal = NormalDist()
    edges = [normal.pdf(normal.inv_cdf(k / PIECES)) for k in range(1, PIECES)]
    return (-np.diff([0.0, *edges, 0.0]) * PIECES).astype(np.float32)


SCORES = _scores()
TAILS = 4.0 * np.exp(-np.arange(STEPS * int(CAP) + 1) / STEPS)


@njit(cache=True, nogil=True, error_model="numpy")
def lots(key: Any, time: Any) -> np.uint64:
    """64 random bits that depend on the key of the series and the time alone (splitmix64)."""
    h = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(time)
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@njit(cache=True, nogil=True, error_model="numpy")
def clear(at: Any) -> None:
    """Make a row fresh but for its key."""
    for j in range(CELLS):
        at.count[j] = 0
    at.up = at.down = at.wide = at.narrow = 0.0
    at.level_rest = at.latest = at.spread_rest = 0
    at.age = at.seen = at.points = at.fitted = 0
    at.level = at.unit = at.phi = at.last = at.rho = at.lean = at.cost = at.scale = 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def design(shift: float, at: Any) -> None:
    """Set what the level tests gain per normal score, and what a point costs them.

    The variance of a sum is known to a factor w^2 only, for the error of phi, 1 / sqrt(fitted)
    in units of the innovation, stands against 1 - phi: the ratio is that of a normal with this
    variance, which is the old one divided by w^2.
    """
    phi = np.float64(at.phi)
    odds = math.sqrt((1.0 - phi) / (1.0 + phi))
    d = max(shift * odds, SHIFT_LEAST)
    w = 1.0 + DOUBT / (odds * math.sqrt(np.float64(at.fitted)))
    at.lean = d / (w * w)
    at.cost = 0.5 * d * d / (w * w)


@njit(cache=True, nogil=True, error_model="numpy")
def settle(x: float, now: int, shift: float, baseline: int, at: Any) -> None:
    """Learn a baseline point.

    `ROUGH` points give a rough level and scale; in their units the others give mean, mean
    square and mean product of neighbours (in lean, cost and rho), winsorised; the last one turns
    these into level, scale and phi.
    """
    k = np.int64(at.seen)
    at.seen = k + 1
    if k < ROUGH:
        d = x - at.level if k > 0 else 0.0
        at.level = at.level + d / (k + 1.0) if k > 0 else x
        if k > 0:
            at.scale = min(at.scale + (NORMAL * abs(d) - at.scale) / k, MOST_SCALE)
        return
    grain = max(GRAIN * abs(at.level), 1e-30)
    scale = max(np.float64(at.scale), grain)
    y = (x - at.level) / scale
    if scale == grain and abs(y) > WINSOR:
        at.seen = 0  # constant so far, and no longer: begin with this
        at.scale = at.lean = at.cost = at.rho = 0.0
        return
    y = min(max(y, -WINSOR), WINSOR)
    j = k - ROUGH + 1.0
    at.lean += (y - at.lean) / j
    at.cost += (y * y - at.cost) / j
    if k > ROUGH:
        at.rho += (y * at.last - at.rho) / (j - 1.0)
    at.last = y
    if k + 1 < baseline:
        return
    mean = np.float64(at.lean)
    square = max(at.cost - mean * mean, 0.0)
    phi = (at.rho - mean * mean) / max(square, 1e-9)
    phi += (1.0 + 3.0 * phi) / j  # Kendall's correction
    phi = 0.0 if phi < 2.0 / math.sqrt(j) else min(phi, PHI_MOST)
    at.phi = phi
    at.fitted = np.int64(j)
    at.level += mean * scale
    at.scale = min(max(scale * math.sqrt(square), grain), MOST_SCALE)
    at.unit = 1.0 / (at.scale * math.sqrt(1.0 - phi * phi))
    at.last = min(max((x - at.level) * at.unit, -FAR), FAR)
    at.rho = 0.0
    at.level_rest = at.spread_rest = now
    design(shift, at)


@njit(cache=True, nogil=True, error_model="numpy")
def halve(draw: Any, at: Any) -> None:
    """Forget half of the reference; odd counts are rounded by lot, so rare cells keep theirs."""
    points = 0
    for j in range(CELLS):
        at.count[j] = (at.count[j] + ((draw >> j) & 1)) >> 1
        points += at.count[j]
    at.points = points


@njit(cache=True, nogil=True, error_model="numpy")
def refit(shift: float, at: Any) -> None:
    """Move phi by what the point before still explains, weighed by the points behind it."""
    phi = np.float64(at.phi)
    weight = at.age / (np.float64(at.fitted) + at.age)
    step = at.rho * (1.0 - phi * phi) + (1.0 + 3.0 * phi) / at.points  # Kendall's, again
    at.phi = min(max(phi + weight * step, 0.0), PHI_MOST)
    at.fitted = min(at.fitted + at.age, FITTED)
    at.rho = 0.0
    at.age = 0
    design(shift, at)


@njit(cache=True, nogil=True, error_model="numpy")
def turn(
    shift: float, absorb: int, alarmed: Any, full: Any, foreign: Any, draw: Any, at: Any
) -> None:
    """What a row does now and then: begin anew, look at phi, forget half of the reference.

    foreign  its values move, but all within one full cell
    """
    if alarmed >= absorb:
        clear(at)
        return
    if at.age >= REFIT and 2 * at.age >= at.points:
        if alarmed == 0:
            refit(shift, at)
        else:  # under alarm, neighbours are alike for another reason
            at.age, at.rho = 0, 0.0
    if foreign and at.scale > 2.0 * max(GRAIN * abs(at.level), 1e-30):
        clear(at)  # the cells are far too wide: the baseline was of another world
    elif full:
        halve(draw, at)


@njit(cache=True, nogil=True, error_model="numpy")
def place(e: Any, draw: Any) -> Any:
    """The cell of an innovation: one of the two it lies between, by lot."""
    v = np.float32(draw & np.uint64(0xFFFF)) * np.float32(1.0 / 65536.0)
    return np.uint64(np.int64(HALF + HALF * e / (BEND + abs(e)) + v))


@njit(cache=True, nogil=True, error_model="numpy")
def piece(below: Any, same: Any, points: Any, draw: Any) -> Any:
    """Which of the equally likely pieces a point's rank falls into, by lot within its cell."""
    u = np.float32((draw >> np.uint64(16)) & np.uint64(0xFFFF)) * np.float32(1.0 / 65536.0)
    rank = np.float32(below) + u * np.float32(same + 1)
    part = int(rank * np.float32(PIECES) / np.float32(points + 1))
    return np.uint64(min(part, PIECES - 1))


@njit(cache=True, nogil=True, error_model="numpy")
def lesser(r: Any, cell: Any, lower: U64, words: U64) -> Any:
    """Points in lower cells: their bytes are kept, then added four at a time within words."""
    low = np.uint64(0x00FF00FF00FF00FF)
    pairs = np.uint64(0)
    for j in range(4):
        word = words[r, j] & lower[cell, j]
        pairs += (word & low) + ((word >> np.uint64(8)) & low)
    return np.int64((pairs * np.uint64(0x0001000100010001)) >> np.uint64(48))


@njit(cache=True, nogil=True, error_model="numpy")
def tail(tails: F64, score: F64, p_value: F64) -> None:
    """p = min(1, 4 e^-L) by a table and a series; a pass of its own, for its chain is long."""
    for i in range(score.size):
        s = score[i]
        step = np.int64(s * STEPS) if s >= 0.0 else 0  # NaN goes through the series
        b = s - step * (1.0 / STEPS)
        b = 1.0 - b * (1.0 - b * 0.5 * (1.0 - b * THIRD * (1.0 - b * 0.25 * (1.0 - b * 0.2))))
        p = tails[np.uint64(step)] * b
        p_value[i] = min(p, 1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def sprt(
    row: I32,
    time: I64,
    value: F64,
    shift: float,
    spread: float,
    baseline: int,
    absorb: int,
    lower: U64,
    scores: F32,
    state: npt.NDArray[Any],
    words: U64,
    score: F64,
    expected: F64,
    width: F32,
    since: I64,
    lead: U8,
) -> None:
    """Score each point against its row, then learn it. Writes state, words of it, and outputs."""
    n, single = row.size, np.float32
    zero, one = single(0.0), single(1.0)
    half = single(0.5 * (1.0 - 1.0 / (spread * spread)))
    wide, narrow = single(math.log(spread)), single(0.5 * (spread * spread - 1.0))
    for i in range(n):
        ahead = row[min(i + AHEAD, n - 1)]
        prefetch(state, np.int64(ahead), 0)
        prefetch(state, np.int64(ahead), 1)
        r = np.uint64(row[i])
        at = state[r]
        known, x = math.isfinite(value[i]), min(max(value[i], -HUGE), HUGE)
        if at.seen < baseline or not known:
            score[i] = expected[i] = width[i] = math.nan
            since[i] = lead[i] = 0
            if known:
                settle(x, time[i], shift, baseline, at)
            continue
        before = at.last
        y = single(min(max((x - at.level) * at.unit, -FAR), FAR))
        e = y - at.phi * before
        now = time[i]
        h = lots(at.key, now)
        cell = place(e, h)
        slot, bits = cell >> np.uint64(3), (cell & np.uint64(7)) << np.uint64(3)
        below = lesser(r, cell, lower, words)
        same = np.int64((words[r, slot] >> bits) & np.uint64(255))
        points = np.int64(at.points)
        calm = 20 * same >= 19 * points  # a constant: its ranks are lots only, and tell nothing
        z = zero if calm else scores[piece(below, same, points, h)]
        push, cost, square = at.lean * z, at.cost, z * z
        up = max(zero, min(at.up + (push - cost), CAP))
        down = max(zero, min(at.down - (push + cost), CAP))
        widened = max(zero, min(at.wide + (half * square - wide), CAP))
        lower_gain = (-wide if calm else wide) - narrow * square
        narrowed = max(zero, min(at.narrow + lower_gain, CAP))
        at.up, at.down, at.wide, at.narrow = up, down, widened, narrowed
        level, other = max(up, down), max(widened, narrowed)
        best = max(level, other)
        # a test not at rest leaves the time in `latest`: no branch, for that is a coin's throw
        words[r, LEVEL_REST + np.uint64(level >= one)] = now
        words[r, SPREAD_REST - np.uint64(other >= one)] = now
        at.latest = now
        score[i], expected[i], width[i] = best, at.level, at.scale
        since[i] = words[r, LEVEL_REST + (np.uint64(other > level) << np.uint64(1))]
        lead[i] = 1 + (2 + np.int64(narrowed > widened) if other > level else np.int64(down > up))
        lead[i] &= -np.int64(best > zero)
        # learn
        age = np.int64(at.age) + 1
        at.last, at.age = y, age
        at.rho += (z * max(min(before, LEVERAGE), -LEVERAGE) - at.rho) / single(age)
        words[r, slot] += np.uint64(1) << bits
        at.points = points + 1
        alarmed = np.int64(at.seen) - baseline
        alarmed += 1 if best >= ALARM else -np.int64(alarmed > 0)
        at.seen = baseline + alarmed
        full = same + 1 >= FULL or points + 1 >= MOST
        if full or alarmed >= absorb or (age >= REFIT and 2 * age > points):
            foreign = calm and y != before and same + 1 >= FULL
            turn(shift, absorb, alarmed, full, foreign, h >> np.uint64(32), at)
