"""Readings of known series to findings: interning, order, both detectors, calibration,
combination, episodes; 100,000 series, every batch in a fresh permuted order. `in_order` is the
figure where series come in the same order every minute, as scrapes do.

The ceiling is a bare EWMA over the same columns. Measured after the calibration has met once, so
that everything that runs in production runs here.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from bench.ewma import Ewma
from bench.report import report
from tocsin.config.model import Config
from tocsin.ops.memory import settle
from tocsin.roles.compose import shard
from tocsin.wire.points import Keys, PointBatch

SERIES = 100_000
MINUTE_NS = 60_000_000_000
WARM, MEASURED = 365, 30
POOL = 40


def batches(rng, keys):
    """Endless batches, one point a series and minute; values drawn from a pool of noise."""
    noise = [rng.normal(50.0, 3.0, SERIES) for _ in range(POOL)]
    source = np.zeros(SERIES, np.int32)
    minute = 0
    while True:
        ordered = minute >= WARM + MEASURED
        series = (np.arange(SERIES) if ordered else rng.permutation(SERIES)).astype(np.int32)
        time_ns = np.full(SERIES, 1_700_000_000_000_000_000 + minute * MINUTE_NS, np.int64)
        yield PointBatch(keys, series, time_ns, noise[minute % POOL], source)
        minute += 1


def main():
    settle()  # as every process does that works
    rng = np.random.default_rng(7)
    keys = Keys(0, [f'cpu{{core="{i % 8}",host="web-{i // 8}"}}'.encode() for i in range(SERIES)])
    made, bare = shard(Config()), Ewma(SERIES)
    ours, ceiling, in_order, n_findings = [], [], [], 0
    for n, batch in enumerate(batches(rng, keys)):
        if n == WARM + 2 * MEASURED:
            break
        began = time.process_time()
        findings = made.step(batch)
        between = time.process_time()
        bare.update(batch.series, batch.value)
        ended = time.process_time()
        if n >= WARM + MEASURED:
            in_order.append(SERIES / (between - began))
        elif n >= WARM:
            ours.append(SERIES / (between - began))
            ceiling.append(SERIES / (ended - between))
            n_findings += len(findings)
    report(
        "admit_to_findings",
        statistics.median(ours),
        "points/s",
        "higher",
        statistics.median(ceiling),
        MEASURED * SERIES,
        in_order=statistics.median(in_order),
        findings=n_findings,
        bytes_per_series=made.bytes_per_series,
    )


if __name__ == "__main__":
    main()
