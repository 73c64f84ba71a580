"""Columns to scores: both detectors over 100,000 series, rows of every batch freshly permuted.

The ceiling is a bare EWMA over the same columns. One point a series and batch is the hard case:
no row is in a cache when its point comes.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / part) for part in ("tests", "daemon", "detectors")]

from bench.ewma import Ewma  # noqa: E402
from bench.report import report  # noqa: E402
from tocsin.ops.memory import keep_freed  # noqa: E402
from tocsin_detectors.baseline.robust import Robust  # noqa: E402
from tocsin_detectors.contract import Points  # noqa: E402
from tocsin_detectors.sequential.sprt import Sprt  # noqa: E402

SERIES = 100_000
SECOND = 1_000_000_000
WARM, MEASURED = 200, 40


def batches(rng):
    """Endless batches, one point a series and minute: AR(1) of .6 around 50."""
    x, minute = np.zeros(SERIES), 0
    while True:
        x = 0.6 * x + rng.normal(size=SERIES)
        row = rng.permutation(SERIES).astype(np.int32)
        at = np.full(SERIES, (1_700_000_000 + 60 * minute) * SECOND, np.int64)
        yield Points(row, at, 50.0 + x[row])
        minute += 1


def nanoseconds(run):
    """Process time of one call, per point."""
    start = time.process_time_ns()
    run()
    return (time.process_time_ns() - start) / SERIES


def main():
    keep_freed()  # as every process does that works
    rng = np.random.default_rng(7)
    detectors = [d(d.parameters.of(), rows=SERIES, seed=0) for d in (Robust, Sprt)]
    everyone = np.arange(SERIES, dtype=np.int32)
    for d in detectors:
        d.reset(everyone, rng.integers(1, 2**63, SERIES).astype(np.uint64))
    ewma, stream = Ewma(SERIES), batches(rng)
    for _, b in zip(range(WARM), stream, strict=False):
        ewma.update(b.row, b.value)
        for d in detectors:
            d.update(b)
    taken = {"ewma": [], "robust": [], "sprt": []}
    for _, b in zip(range(MEASURED), stream, strict=False):
        taken["ewma"].append(nanoseconds(lambda b=b: ewma.update(b.row, b.value)))
        for d in detectors:
            taken[d.name].append(nanoseconds(lambda d=d, b=b: d.update(b)))
    both = statistics.median(a + b for a, b in zip(taken["robust"], taken["sprt"], strict=True))
    report(
        "batch_to_scores",
        1e9 / both,
        "points/s",
        "higher",
        1e9 / statistics.median(taken["ewma"]),
        MEASURED,
        nanoseconds={name: round(statistics.median(t), 2) for name, t in taken.items()},
        bytes_per_series={d.name: d.bytes_per_row(d.params) for d in detectors},
    )


if __name__ == "__main__":
    main()
