"""Sequential probability ratio tests for a lasting change of level or spread."""

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
from tocsin_detectors.kernels import sprt as kernel
from tocsin_detectors.rows import Rows, frozen

NOTES = ("", "level up", "level down", "spread up", "spread down")


class Params(contract.Params, frozen=True):
    """The change to look for, and how long to learn."""

    shift: Annotated[
        float, Meta(ge=0.1, le=10, description="Change of level to look for, in spreads.")
    ] = 1.0
    spread: Annotated[
        float, Meta(ge=1.05, le=10, description="Change of spread to look for, as a ratio.")
    ] = 1.5
    baseline: Annotated[
        int, Meta(ge=32, le=10_000, description="Points learned before the first score.")
    ] = 128
    absorb: Annotated[
        int,
        Meta(ge=16, le=10_000, description="Points of alarm before a change is the new normal."),
    ] = 128


@contract.detector
class Sprt:
    """Tells a lasting change of level or spread from chance, however slow the series wanders.

    Takes readings of any unit. A row learns level, scale and autocorrelation from `baseline`
    points in silence. Then each point is whitened (the part its predecessor explains is taken
    off), ranked among up to 1024 earlier ones and turned into a normal score, which makes the
    tests indifferent to the law of the values, to outliers and to ties. Four chains of tests
    run on it: level up, level down, spread up, spread down. The score is the largest log
    likelihood ratio, 0 at rest and 32 at most; p = 4 exp(-score) holds without calibration. The
    rank resolves no more than the points that are in, so the first points after the baseline
    can say little and say no more than they can.

    An autocorrelated series needs about (1 + phi)/(1 - phi) times as many points for the same
    change: `shift` is scaled down to what remains of it after whitening.

    A change is told once: after `absorb` points of alarm (score of 16 or more) the row forgets
    all and learns `baseline` points anew, without a score, and starts from rest; with the
    defaults that is 256 points after the alarm. A change too weak for an alarm is absorbed by
    the reference within some 1000 points.

    p holds on independent readings of any law, and on AR(1) up to phi .9. Nearer to a random
    walk (phi .95) it is up to about four times too small within the first 2000 points, until
    phi is known well enough.

    Evidence: `since` is when the leading test and its opposite last were both below 1, the note
    names the leading one, `expected`, `low` and `high` are the baseline's level and 3 spreads
    around it.

    Memory: 128 bytes a row. After a gap nothing is forgotten; the first point is compared with
    the last before it. Points without a finite value score NaN and teach nothing. A value that
    makes up 95 % of the reference (a constant series) is no evidence of anything.

    References: A. Wald, Sequential Analysis; E. S. Page, Continuous Inspection Schemes (the
    chain of tests); J. Ville, Etude critique de la notion de collectif (the bound); V. Vovk et
    al., Algorithmic Learning in a Random World (ranks); M. G. Kendall, Note on Bias in the
    Estimation of Autocorrelation.
    """

    name: ClassVar = "sprt"
    schema: ClassVar = 1
    scope: ClassVar[Scope] = "row"
    kind: ClassVar[Kind] = "drift"
    calibration: ClassVar[Calibration] = "own"
    parameters: ClassVar[type[contract.Params]] = Params

    def __init__(self, params: Params, *, rows: int, seed: int) -> None:
        self.params = params
        self.seed = np.uint64(seed * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
        self.rows = Rows(self.name, kernel.RECORD, rows)
        self.last = Points(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0))
        self._room(0)

    def _room(self, n: int) -> None:
        self.expected, self.width = np.empty(n), np.empty(n, np.float32)
        self.since, self.lead = np.empty(n, np.int64), np.empty(n, np.uint8)

    @classmethod
    def bytes_per_row(cls, params: Params) -> int:
        return kernel.RECORD.itemsize

    def resize(self, rows: int) -> None:
        self.rows.resize(rows)

    def reset(self, row: I32, key: npt.NDArray[np.uint64]) -> None:
        self.rows.clear(row)
        self.rows.data["key"][row] = key ^ self.seed

    def update(self, batch: Points) -> Scores:
        n = len(batch)
        if n > self.expected.size:
            self._room(n)
        p, score, p_value = self.params, np.empty(n), np.empty(n)
        kernel.sprt(
            frozen(batch.row, np.int32),
            frozen(batch.time, np.int64),
            frozen(batch.value, np.float64),
            p.shift,
            p.spread,
            p.baseline,
            p.absorb,
            kernel.LOWER,
            kernel.SCORES,
            self.rows.data,
            self.rows.words,
            score,
            self.expected,
            self.width,
            self.since,
            self.lead,
        )
        kernel.tail(kernel.TAILS, score, p_value)
        self.last = batch
        return Scores(score, p_value)

    def explain(self, at: Sequence[int]) -> list[Evidence]:
        out = []
        for i in at:
            m, reach = float(self.expected[i]), 3.0 * float(self.width[i])
            since = int(self.since[i])
            x, note = float(self.last.value[i]), NOTES[self.lead[i]]
            out.append(Evidence(x, m, m - reach, m + reach, since, note))
        return out

    def snapshot(self, row: I32 | None = None) -> Columns:
        return self.rows.snapshot(row)

    def restore(self, columns: Columns, row: I32 | None = None) -> None:
        self.rows.restore(columns, row)
