"""Ladders: asked against happened, by which the calibration is itself calibrated.

At each rung (a return period) the episodes that reached it are set against those to be expected;
log10 of the ratio is the correction c. A class of tail weight learns from all its series, leaning
on the fleet; the fleet leans on nothing. Counts are out of sample: yesterday's fit judges today.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin_detectors.contract import F64
from tocsin_detectors.kernels.calibrate import RUNG_0, RUNG_STEP, RUNGS
from tocsin_detectors.kernels.refresh import EDGES, variance

# log10 days: 1.35 hours ... 87 years
LOGR: F64 = np.linspace(RUNG_0, RUNG_0 + RUNG_STEP * (RUNGS - 1), RUNGS)
RATES: F64 = 10.0**-LOGR
CLASSES = 2 + len(EDGES)  # young, and between the edges
HALF_LIFE = 5.0  # days; shorter than a series' own: the pool has more to learn from
CAUTION = 10.0  # pseudo-episodes with which a rung leans on the one below
LEAST = 5  # series with RIPE peaks that make a pool
RIPE = 20


def ladder(obs: F64, exp: F64, prior: F64, caution: float) -> F64:
    """The correction c of each rung (last axis), from counts and the c one leans on."""
    c = np.zeros(obs.shape)
    ratio, before = np.ones(obs.shape[:-1]), np.zeros(obs.shape[:-1])
    for k in range(RUNGS):
        expected = caution * ratio * 10.0 ** (prior[..., k] - before)
        ratio = (obs[..., k] + expected) / (exp[..., k] + caution)
        before = prior[..., k]
        c[..., k] = np.log10(np.clip(ratio, 0.02, 50.0))
    return c


class Pool:
    """What the series of a shard know together about one detector's scores.

    obs, exp   float64[classes, rungs], forgetting
    t, var     mean L-CV of ripe series, and its variance between them
    mean, rate medians of the mean excess and of the episodes a day; 0: no pool yet
    age        days
    """

    SCALARS = ("t", "var", "mean", "rate", "age")

    def __init__(self) -> None:
        self.obs, self.exp = np.zeros((2, CLASSES, RUNGS))
        self.t, self.var, self.mean, self.rate, self.age = 0.5, 1e-3, 0.0, 0.0, 0.0

    def meet(self, mean: F64, t: F64, rate: F64, count: npt.NDArray[np.int64]) -> None:
        """Learn from the series: moments and number of their peaks, episodes a day."""
        ripe = count >= RIPE
        if ripe.sum() < LEAST:
            return
        self.t = float(t[ripe].mean())
        noise = variance(self.t, 1) * np.mean(1.0 / count[ripe])
        self.var = max(float(t[ripe].var() - noise), 1e-4)
        self.mean = float(np.median(mean[ripe]))
        self.rate = float(np.median(rate[ripe]))

    def corrections(self) -> F64:
        """c by class: float64[classes, rungs]."""
        none = np.zeros(RUNGS)
        fleet = ladder(self.obs.sum(0), self.exp.sum(0), none, CAUTION)
        return ladder(self.obs, self.exp, np.broadcast_to(fleet, self.obs.shape), CAUTION)

    def forget(self, days: float) -> None:
        """Days have passed; the window is half the age until the half-life takes over."""
        if days <= 0.0:
            return
        self.age += days
        keep = min(0.5 ** (days / HALF_LIFE), self.age / (self.age + days))
        self.obs *= keep
        self.exp *= keep

    def snapshot(self) -> dict[str, npt.NDArray[Any]]:
        scalars = np.array([getattr(self, name) for name in self.SCALARS])
        return {"pool_obs": self.obs.copy(), "pool_exp": self.exp.copy(), "pool": scalars}

    def restore(self, columns: Mapping[str, npt.NDArray[Any]]) -> None:
        self.obs = np.array(columns["pool_obs"], np.float64)
        self.exp = np.array(columns["pool_exp"], np.float64)
        for name, value in zip(self.SCALARS, columns["pool"], strict=True):
            setattr(self, name, float(value))
