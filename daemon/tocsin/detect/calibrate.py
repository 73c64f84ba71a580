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
from tocsin_detectors.rows import Rows

Mode = Literal["zero_shot", "warm_up", "learned"]
SUPPORT = 5.0  # episodes to be expected at a rung before it is called supported
CLAIM = 10.0**kernel.CLAIM
COLD = {"ring": (np.float32, kernel.RING)} | {
    name: (dtype, kernel.RUNGS)
    for name, dtype in (("obs", np.float32), ("exp", np.float32), ("corr", np.int16))
}


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


# Measured on the first six hours of quiet series, by kind: 0 to .9 of the asked rate at once a day,
# 0 to .6 at once a week, 0 to 1.3 (server telemetry) at once in 30 days. Index 2 is heavier than
# nearly all tails, because the largest of a few samples and the scale of a young detector are poor
# guides; `least` is for flat and low-count series, whose first movement looks enormous.
PRIORS: Mapping[str, Prior] = {"robust": Prior(index=2.0, least=0.75)}


def prior_of(detector: str) -> Prior:
    """The prior that ships with a detector; without one no more than the observed is claimed."""
    return PRIORS.get(detector, Prior())


class Calibration:
    """The calibration of one detector, over all rows of a shard.

    own  the detector fills `p`; its p-values speak until a row is calibrated, instead of `prior`
    """

    def __init__(self, prior: Prior, *, rows: int, own: bool) -> None:
        self.own = own
        self.prior = prior
        self.pool = Pool()
        self.rows = Rows("calibration", kernel.RECORD, 0)
        self.cold: dict[str, npt.NDArray[Any]] = {
            name: np.zeros((0, width), dtype) for name, (dtype, width) in COLD.items()
        }
        self.resize(rows)

    @property
    def hot(self) -> kernel.Records:
        """What every sample touches: one cache line a row."""
        return self.rows.data

    @staticmethod
    def bytes_per_row() -> int:
        cold = sum(width * np.dtype(dtype).itemsize for dtype, width in COLD.values())
        return kernel.RECORD.itemsize + cold

    def resize(self, rows: int) -> None:
        """Grow; new rows are fresh."""
        self.rows.resize(rows)
        for name, a in self.cold.items():
            grown = np.zeros((rows, a.shape[1]), a.dtype)
            grown[: len(a)] = a
            self.cold[name] = grown

    def reset(self, row: I32) -> None:
        """Make these rows fresh."""
        self.rows.clear(row)
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

    def mode(self, row: int, later: int = 0) -> Mode:
        """What spoke for this row `later` samples ago: shipped knowledge, its first history, or
        all of it. Only for samples since the last refresh, as all that follows."""
        h = self.hot[row]
        n = int(h["n"]) - later
        if h["lam"] > 0:
            return "warm_up" if n <= kernel.OWN or h["cls"] == 0 else "learned"
        return "zero_shot" if self.own or n <= kernel.SILENT else "warm_up"

    def supported_days(self, row: int, later: int = 0, later_days: float = 0.0) -> float:
        """The longest return period there is evidence for; beyond, the tail extrapolates."""
        h = self.hot[row]
        observed = float(h["tt"]) + float(h["days"]) - later_days
        if h["lam"] > 0:
            of_class = float(self.pool.exp[h["cls"], -1]) / float(RATES[-1])
            return max(of_class, observed) / SUPPORT
        return CLAIM if self.mode(row, later) == "zero_shot" else observed

    def p_value(self, row: int, r: float, days: float, p: float) -> float:
        """P(score this high | normal) of a sample that stands for `days` and whose detector says
        `p` itself (or NaN); NaN at or below u, where nothing is claimed. Conservative."""
        tail = 1.0 - kernel.Q
        if math.isnan(r) or r <= kernel.NONE:
            return math.nan
        lam = float(self.hot[row]["lam"])
        if lam > 0:
            return tail * min(1.0, math.pow(10.0, -r) / lam)
        return p if self.own else min(tail, math.pow(10.0, -r) * max(days, 1e-9))

    def snapshot(self, row: I32 | None = None) -> dict[str, npt.NDArray[Any]]:
        """State of these rows (None: all) as named arrays, and the pool's. Copies."""
        at: Any = slice(None) if row is None else row
        cold = {name: a[at].copy() for name, a in self.cold.items()}
        return {**self.rows.snapshot(row), **cold, **self.pool.snapshot()}

    def restore(self, columns: Mapping[str, npt.NDArray[Any]], row: I32 | None = None) -> None:
        """Adopt a snapshot of these rows (None: of all), and the pool's."""
        expected = {*self.rows.names, *self.cold, *self.pool.snapshot()}
        if columns.keys() != expected:
            raise ValueError(
                f"calibration snapshot: expected {sorted(expected)}, got {sorted(columns)}"
            )
        self.rows.restore({name: columns[name] for name in self.rows.names}, row)
        for name, a in self.cold.items():
            if row is None:
                self.cold[name] = np.array(columns[name], a.dtype)
            else:
                a[row] = columns[name]
        self.pool.restore(columns)
