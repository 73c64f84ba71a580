"""Robust level and spread: the detector that stands beside every other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from tocsin_detectors import contract
from tocsin_detectors.contract import (
    I32,
    Calibration,
    Columns,
    Evidence,
    Kind,
    Points,
    Scope,
    Scores,
)
from tocsin_detectors.kernels import robust as kernel
from tocsin_detectors.rows import Rows, frozen


class Params(contract.Params, frozen=True):
    """How fast to follow, and what is too far to be learned at full size."""

    level: Annotated[float, Meta(gt=0, lt=1, description="Weight of a point in the level.")] = 0.02
    spread: Annotated[
        float, Meta(gt=0, lt=1, description="Weight of a point in the spread; slower is calmer.")
    ] = 0.002
    clip: Annotated[
        float, Meta(ge=1, le=100, description="Spreads beyond which a point teaches no more.")
    ] = 3.0
    warmup: Annotated[int, Meta(ge=2, le=100_000, description="Points before the first score.")] = 8
    relearn: Annotated[
        int,
        Meta(ge=20, le=1_000_000, description="Points beyond `clip` on one side to start afresh."),
    ] = 200


@contract.detector
class Robust:
    """Scores a point by its distance from a running level, in running spreads.

    Takes readings of any unit; knows no season, so a daily wave is part of the spread. A point
    beyond `clip` spreads is learned as if it lay there, so an incident moves neither level nor
    spread by much; a lasting level is followed within some tens of points when it is near, and
    after `relearn` points on one side both are averaged afresh, however far it is. While fewer
    than 1/weight points are in, level and spread are plain averages.

    A constant series scores 0 and stays deaf to rounding (1e-12 of the level); the first step
    away scores up to 1e6, the cap. The spread is never below half of the finest change seen
    lately, so counts with few values are not strange for being rare zeros and ones.

    Memory: 32 bytes a row. After a gap nothing is forgotten: the next point is scored against
    the level and the spread before it. Points without a finite value score NaN and teach
    nothing. Readings beyond 1e150 are taken as 1e150, spreads beyond 1e38 as 1e38.

    References: P. J. Huber, Robust Statistics (winsorised estimates); S. W. Roberts, Control
    Chart Tests Based on Geometric Moving Averages (running level).
    """

    name: ClassVar = "robust"
    schema: ClassVar = 1
    scope: ClassVar[Scope] = "row"
    kind: ClassVar[Kind] = "anomaly"
    calibration: ClassVar[Calibration] = "tail"
    parameters: ClassVar[type[contract.Params]] = Params

    def __init__(self, params: Params, *, rows: int, seed: int) -> None:
        self.params = params
        self.rows = Rows(self.name, kernel.RECORD, rows)
        self.last = Points(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0))
        self.expected, self.width = np.empty(0), np.empty(0, np.float32)

    @classmethod
    def bytes_per_row(cls, params: Params) -> int:
        return kernel.RECORD.itemsize

    def resize(self, rows: int) -> None:
        self.rows.resize(rows)

    def reset(self, row: I32, key: npt.NDArray[np.uint64]) -> None:
        self.rows.clear(row)

    def update(self, batch: Points) -> Scores:
        n = len(batch)
        if n > self.expected.size:
            self.expected, self.width = np.empty(n), np.empty(n, np.float32)
        p, score = self.params, np.empty(n)
        kernel.robust(
            frozen(batch.row, np.int32),
            frozen(batch.value, np.float64),
            p.level,
            p.spread,
            p.clip,
            p.warmup,
            p.relearn,
            self.rows.data,
            score,
            self.expected,
            self.width,
        )
        self.last = batch
        return Scores(score, np.full(n, np.nan))

    def explain(self, at: Sequence[int]) -> list[Evidence]:
        out = []
        for i in at:
            m, reach = float(self.expected[i]), 3.0 * float(self.width[i])
            x = float(self.last.value[i])
            note = "above" if x > m else "below" if x < m else ""
            out.append(Evidence(x, m, m - reach, m + reach, note=note))
        return out

    def snapshot(self, row: I32 | None = None) -> Columns:
        return self.rows.snapshot(row)

    def restore(self, columns: Columns, row: I32 | None = None) -> None:
        self.rows.restore(columns, row)
