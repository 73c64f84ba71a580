"""Recent: the newest points of every series, bounded, for the picture in an alert."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tocsin_detectors.contract import I32, Columns, Points
from tocsin_detectors.kernels import recent as kernel

KEPT = 24


class Recent:
    """A ring of `KEPT` points a row: 292 bytes."""

    BYTES_PER_ROW = 4 + KEPT * (8 + 4)

    def __init__(self, rows: int) -> None:
        self.seen = np.zeros(rows, np.int32)
        self.time = np.zeros((rows, KEPT), np.int64)
        self.value = np.zeros((rows, KEPT), np.float32)

    def resize(self, rows: int) -> None:
        for name in ("seen", "time", "value"):
            old = getattr(self, name)
            new = np.zeros((rows, *old.shape[1:]), old.dtype)
            new[: len(old)] = old
            setattr(self, name, new)

    def reset(self, row: I32) -> None:
        self.seen[row] = 0

    def push(self, points: Points) -> None:
        kernel.push(points.row, points.time, points.value, self.seen, self.time, self.value)

    def before(self, points: Points, at: int) -> tuple[tuple[int, float], ...]:
        """The last `KEPT` points of a row up to position `at` of a batch not pushed yet, oldest
        first; the batch may be grouped by row or short."""
        r = points.row[at]
        mine: npt.NDArray[np.intp] = np.flatnonzero(points.row[: at + 1] == r)[-KEPT:]
        n = int(self.seen[r])
        size = min(n, KEPT)
        ring = [(n + k) % KEPT if n >= KEPT else k for k in range(size)]
        old = [(int(self.time[r, k]), float(self.value[r, k])) for k in ring]
        new = [(int(points.time[i]), float(np.float32(points.value[i]))) for i in mine]
        return tuple((old + new)[-KEPT:])

    def values(self, row: int) -> list[float]:
        """What is kept of one row, oldest first."""
        n = int(self.seen[row])
        ring = self.value[row]
        kept: list[float] = (np.roll(ring, -(n % KEPT)) if n >= KEPT else ring[:n]).tolist()
        return kept

    def snapshot(self, row: I32) -> Columns:
        return {"seen": self.seen[row], "time": self.time[row], "value": self.value[row]}

    def restore(self, columns: Columns, row: I32) -> None:
        self.seen[row] = columns["seen"]
        self.time[row] = columns["time"]
        self.value[row] = columns["value"]
