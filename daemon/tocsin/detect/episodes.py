"""Episodes of a shard: what is open, since when, how unusual at most, and whether it was told."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin_detectors.contract import F64, I32, I64, Points
from tocsin_detectors.kernels import episodes as kernel

GAP = 15  # points below the thresholds that end an episode, less one; as in the calibration
PATIENCE = 4.0 * (GAP + 1)  # usual distances without any point that end it, too
LEVELS_TO_NEED = 14  # about 12 % apart
COLUMNS = {
    "quiet": (np.int32, GAP + 1),
    "level": (np.int8, 0),
    "start": (np.int64, 0),
    "last": (np.int64, 0),
    "peak": (np.float64, kernel.NONE),
}


@dataclass(frozen=True, slots=True)
class Told:
    """Findings to tell, by position in the batch: a step of an episode, or its end, with the
    event time of either."""

    at: I32
    kind: npt.NDArray[np.int8]
    time: I64
    start: I64
    peak: F64

    def __len__(self) -> int:
        return int(self.at.size)

    @property
    def is_step(self) -> npt.NDArray[np.bool_]:
        return np.equal(self.kind, kernel.STEP)

    def __iter__(self) -> Iterator[tuple[int, bool, int, int, float]]:
        columns = (self.at, self.is_step, self.time, self.start, self.peak)
        return zip(*(c.tolist() for c in columns), strict=True)


class Episodes:
    """Follows the combined return period of every series: 25 bytes a row.

    floor_days  return period from which on an episode is announced
    need_days   return period that an entity rings at: where a level begins, so that a series
                alone rings at exactly this
    """

    BYTES_PER_ROW = sum(np.dtype(dtype).itemsize for dtype, _ in COLUMNS.values())

    def __init__(self, rows: int, floor_days: float, need_days: float) -> None:
        self.floor = math.log10(floor_days)
        self.between = (math.log10(need_days) - self.floor) / LEVELS_TO_NEED
        self.quiet = np.zeros(0, np.int32)
        self.level = np.zeros(0, np.int8)
        self.start, self.last = np.zeros((2, 0), np.int64)
        self.peak = np.zeros(0)
        self.out: tuple[npt.NDArray[Any], ...] = ()
        self._room(2)
        self.resize(rows)

    def resize(self, rows: int) -> None:
        for name, (dtype, fresh) in COLUMNS.items():
            new = np.full(rows, fresh, dtype)
            old = getattr(self, name)
            new[: old.size] = old
            setattr(self, name, new)

    def reset(self, row: I32) -> None:
        for name, (_, fresh) in COLUMNS.items():
            getattr(self, name)[row] = fresh

    def step(self, points: Points, r: F64, usual: F64) -> Told:
        """`r`: log10 of the return period in days; `usual`: the usual distance of points of the
        row, ns; a value a point."""
        self._room(2 * len(points))  # a point may end one episode and open the next
        at, kind, time, start, peak = self.out
        k = kernel.follow(
            GAP, self.floor, self.between, PATIENCE, points.row, points.time, r, usual,
            self.quiet, self.level, self.start, self.last, self.peak,
            at, kind, time, start, peak,
        )  # fmt: skip
        return Told(*(column[:k].copy() for column in self.out))

    def _room(self, n: int) -> None:
        if not self.out or self.out[0].size < n:
            dtypes = (np.int32, np.int8, np.int64, np.int64, np.float64)
            self.out = tuple(np.empty(n, dtype) for dtype in dtypes)

    def stale(self, watermark: int, cadence: F64) -> list[int]:
        """Rows whose announced episode has had no point for too long; they are closed."""
        row = np.flatnonzero(self.level)
        row = row[watermark - self.last[row] > PATIENCE * cadence[row]]
        self.level[row] = 0
        self.quiet[row] = GAP + 1
        return [int(r) for r in row]

    def due(self, row: int, cadence: float) -> int:
        """When the episode of a row ends if no point comes, ns."""
        return int(self.last[row]) + int(PATIENCE * cadence)

    def snapshot(self, row: I32) -> dict[str, npt.NDArray[Any]]:
        return {name: getattr(self, name)[row] for name in COLUMNS}

    def restore(self, columns: Mapping[str, npt.NDArray[Any]], row: I32) -> None:
        for name in COLUMNS:
            getattr(self, name)[row] = columns[name]
