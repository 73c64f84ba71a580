"""Scores of one detector into return periods at the rate they really occur.

Time is event time in days; a series' cadence enters only through the days each sample stands for.
Series meet in `refresh` alone, at fixed boundaries of event time, hence how samples were batched
cannot matter. Every episode teaches at full size, whether it rang or not: leaving out what rang
would close a loop in which each alert makes the next one easier.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tocsin.detect.ladder import RATES, Pool
from tocsin_detectors.contract import F64, I32
from tocsin_detectors.kernels import calibrate as kernel
from tocsin_detectors.kernels import refresh

Mode = Literal["zero_shot", "warm_up", "learned"]
SUPPORT = 5.0  # episodes to be expected at a rung before it is called supported
CLAIM = 10.0**kernel.CLAIM
LINE = 64  # bytes
COLD = {"ring": (np.float32, kernel.RING)} | {
    name: (dtype, kernel.RUNGS)
    for name, dtype in (("obs", np.float32), ("exp", np.float32), ("corr", np.int16))
}
FIELDS = tuple(name for name in kernel.RECORD.names or () if name != "spare")


@dataclass(frozen=True, slots=True)
class Prior:
    """What ships with a detector: how its scores go on beyond the largest one seen so far.

    index  R = observed time * (distance from the median / largest such distance)^index, at most
           CLAIM days; 0 claims no more than the time observed, whatever the score
    least  while u - m is smaller, in units of the score, the series has hardly moved yet, and no
           more than the time observed is claimed either
    """

    index: float = 0.0
    least: float = 0.0


# Measured on first hours. A tail of index 2 is heavier than that of nearly all series, because the
# largest of a few samples and the scale of a young detector are poor guides; `least` is for flat
# and low-count series, whose first movement looks enormous.
PRIORS: Mapping[str, Prior] = {"robust": Prior(index=2.0, least=0.5)}


def prior_of(detector: str) -> Prior:
    """The prior that ships with a detector; without one no more than the observed is claimed."""
    return PRIORS.get(detector, Prior())


def aligned(rows: int) -> kernel.Records:
    """Zeroed records, each on one cache line."""
    room = np.zeros(rows * LINE + LINE, np.uint8)
    skip = -int(room.ctypes.data) % LINE
    return room[skip : skip + rows * LINE].view(kernel.RECORD)


class Calibration:
    """The calibration of one detector, over all rows of a shard.

    own  the detector fills `p`; its p-values speak until a row is calibrated, instead of `prior`
    """

    def __init__(self, prior: Prior, *, rows: int, own: bool) -> None:
        self.own = own
        self.prior = prior
        self.pool = Pool()
        self.hot = aligned(0)
        self.cold: dict[str, npt.NDArray[Any]] = {
            name: np.zeros((0, width), dtype) for name, (dtype, width) in COLD.items()
        }
        self.resize(rows)

    @staticmethod
    def bytes_per_row() -> int:
        return LINE + sum(width * np.dtype(dtype).itemsize for dtype, width in COLD.values())

    def resize(self, rows: int) -> None:
        """Grow; new rows are fresh."""
        hot, old = aligned(rows), self.hot.size
        hot[:old] = self.hot
        self.hot = hot
        for name, a in self.cold.items():
            grown = np.zeros((rows, a.shape[1]), a.dtype)
            grown[:old] = a
            self.cold[name] = grown

    def reset(self, row: I32) -> None:
        """Make these rows fresh."""
        self.hot[row] = np.zeros((), kernel.RECORD)
        for a in self.cold.values():
            a[row] = 0

    def step(self, row: I32, days: F64, score: F64, p: F64) -> F64:
        """log10 of the return period in days of each sample; then learn it.

        days   event time each sample stands for
        score  larger is stranger, any unit; NaN: skipped, no time counted, answered NaN
        p      P(score this high | normal), read with `own` alone

        NONE (-9) at or below the row's threshold; NaN while there is nothing to judge by.
        """
        out = np.empty(score.size)
        ring, obs, exp, corr = self.cold.values()
        kernel.step(
            self.own, self.prior.index, self.prior.least, row, days, score, p,
            self.hot, ring, ring.view(np.float64), obs, exp, corr, self.pool.obs, out,
        )  # fmt: skip
        return out

    def refresh(self) -> None:
        """A boundary of event time: fit the tails anew, judge them by what happened, forget."""
        ring, obs, exp, corr = self.cold.values()
        hot, pool = self.hot, self.pool
        mean, t = np.empty((2, hot.size))
        refresh.observe(RATES, hot, ring, exp, pool.exp, mean, t, np.empty(kernel.RING + 2))
        counted = np.where(hot["n"] > kernel.SILENT, hot["tt"] + hot["days"], 0.0)
        rate = hot["c"] / np.maximum(counted, 1e-9)
        pool.meet(mean, t, rate, np.minimum(hot["nr"], kernel.RING).astype(np.int64))
        c = pool.corrections()
        gain: F64 = 10.0 ** np.diff(c, axis=1, prepend=0.0)
        elapsed = float(hot["days"].max(initial=0.0))
        refresh.refit(
            pool.t, pool.var, pool.mean, pool.rate,
            mean, t, c, gain, ring, hot, obs, exp, corr,
        )  # fmt: skip
        pool.forget(elapsed)

    def mode(self, row: int) -> Mode:
        """What speaks for this row: shipped knowledge, its first history, or all of it."""
        h = self.hot[row]
        if h["lam"] > 0:
            young = min(h["nr"], kernel.RING) < refresh.MATURE or h["n"] <= kernel.OWN
            return "warm_up" if young else "learned"
        return "zero_shot" if self.own or h["n"] <= kernel.SILENT else "warm_up"

    def supported_days(self, row: int) -> float:
        """The longest return period there is evidence for; beyond, the tail extrapolates."""
        h = self.hot[row]
        if h["lam"] > 0:
            of_class = float(self.pool.exp[h["cls"], -1]) / float(RATES[-1])
            return max(of_class, float(h["tt"] + h["days"])) / SUPPORT
        return CLAIM if self.mode(row) == "zero_shot" else float(h["tt"] + h["days"])

    def p_value(self, row: int, score: float, r: float) -> float:
        """P(score this high | normal), for display and fusion; conservative in the tail."""
        h = self.hot[row]
        tail = 1.0 - kernel.Q
        if math.isnan(r) or h["n"] < kernel.START:
            return math.nan
        if r > kernel.NONE:
            # Not calibrated: as if each sample above u were an episode; gives a detector's own p
            # back, since then R = days / p.
            samples_a_day = float(h["n"]) / max(float(h["age"] + h["days"]), 1e-9)
            a_day = float(h["lam"]) or tail * samples_a_day
            return tail * min(1.0, math.pow(10.0, -r) / a_day)
        x = (score - float(h["m"])) / (float(h["u"]) - float(h["m"]))
        return max(tail, 0.5 * math.pow(2.0 * tail, x)) if x > 0 else 0.5

    def snapshot(self, row: I32 | None = None) -> dict[str, npt.NDArray[Any]]:
        """State of these rows (None: all) as named arrays, and the pool's. Copies."""
        at: Any = slice(None) if row is None else row
        columns = {name: self.hot[name][at].copy() for name in FIELDS}
        columns |= {name: a[at].copy() for name, a in self.cold.items()}
        return columns | self.pool.snapshot()

    def restore(self, columns: Mapping[str, npt.NDArray[Any]], row: I32 | None = None) -> None:
        """Adopt a snapshot of these rows (None: of all), and the pool's."""
        expected = {*FIELDS, *self.cold, *self.pool.snapshot()}
        if columns.keys() != expected:
            raise ValueError(
                f"calibration snapshot: expected {sorted(expected)}, got {sorted(columns)}"
            )
        if row is None:
            self.hot = aligned(0)
            self.cold = {name: a[:0] for name, a in self.cold.items()}
            self.resize(len(columns["n"]))
        at: Any = slice(None) if row is None else row
        for name in FIELDS:
            self.hot[name][at] = columns[name]
        for name, a in self.cold.items():
            a[at] = columns[name]
        self.pool.restore(columns)
