"""Recent: the newest points of every series, bounded, for the picture in an alert."""

from __future__ import annotations

import numpy as np

from tocsin_detectors.contract import I32, Columns, Points
from tocsin_detectors.kernels import recent as kernel

KEPT = 24


class Recent:
    """A ring of `KEPT` points a row: 388 bytes."""

    BYTES_PER_ROW = 4 + KEPT * kernel.POINT.itemsize

    def __init__(self, rows: int) -> None:
        self.seen = np.zeros(rows, np.int32)
        self.ring = np.zeros((rows, KEPT), kernel.POINT)

    def resize(self, rows: int) -> None:
        seen, ring = np.zeros(rows, np.int32), np.zeros((rows, KEPT), kernel.POINT)
        seen[: len(self.seen)], ring[: len(self.ring)] = self.seen, self.ring
        self.seen, self.ring = seen, ring

    def reset(self, row: I32) -> None:
        self.seen[row] = 0

    def push(self, points: Points) -> None:
        kernel.push(points.row, points.time, points.value, self.seen, self.ring)

    def before(self, points: Points, at: int) -> tuple[tuple[int, float], ...]:
        """The last `KEPT` points of a row up to position `at` of a batch not pushed yet, oldest
        first."""
        row = int(points.row[at])
        mine = np.flatnonzero(points.row[: at + 1] == row)[-KEPT:]
        new = zip(points.time[mine].tolist(), points.value[mine].tolist(), strict=True)
        return tuple([*self._kept(row), *new][-KEPT:])

    def values(self, row: int) -> list[float]:
        """What is kept of one row, oldest first."""
        return [value for _, value in self._kept(row)]

    def _kept(self, row: int) -> list[tuple[int, float]]:
        n = int(self.seen[row])
        ring: list[tuple[int, float]] = self.ring[row, : min(n, KEPT)].tolist()
        oldest = n % KEPT if n >= KEPT else 0
        return ring[oldest:] + ring[:oldest]

    def snapshot(self, row: I32) -> Columns:
        ring = self.ring[row]
        return {"seen": self.seen[row], "time": ring["time"].copy(), "value": ring["value"].copy()}

    def restore(self, columns: Columns, row: I32) -> None:
        self.seen[row] = columns["seen"]
        ring = np.zeros((row.size, KEPT), kernel.POINT)
        ring["time"], ring["value"] = columns["time"], columns["value"]
        self.ring[row] = ring
