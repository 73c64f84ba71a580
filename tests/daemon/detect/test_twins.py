"""The kernels around the detectors agree with their obvious versions."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.episodes import GAP, PATIENCE, Episodes
from tocsin.detect.recent import KEPT, Recent
from tocsin.detect.series import GROUP_FROM, SeriesTable
from tocsin.wire.points import Keys, PointBatch
from tocsin_detectors.contract import Points
from tocsin_detectors.kernels import episodes as kernel
from tocsin_detectors.kernels import order
from twins import admit, episodes

MINUTE = 60_000_000_000
WHAT = {kernel.STEP: "step", kernel.CLOSED: "closed", kernel.STALE: "stale"}

JUMPS = st.sampled_from([1, 1, 1, 1, 5, 200])
LEVELS = st.sampled_from([None, -9.0, -9.0, -9.0, -9.0, -2.0, 0.1, 0.3, 0.5, 0.9, 2.0])
QUIET = st.just([(1, -9.0)] * (GAP + 1))
RUNS = st.lists(st.one_of(st.lists(st.tuples(JUMPS, LEVELS), max_size=6), QUIET), max_size=8)


@given(RUNS)
def test_episodes(runs):
    given_points, time = [], 0
    for jump, r in (p for run in runs for p in run):
        time += jump * MINUTE
        given_points.append((time, r, float(MINUTE)))
    made = Episodes(1, 1.4, 7.0)
    n = len(given_points)
    points = Points(
        np.zeros(n, np.int32), np.array([t for t, _, _ in given_points], np.int64), np.zeros(n)
    )
    r = np.array([np.nan if r is None else r for _, r, _ in given_points])
    told = made.step(points, r, np.full(n, float(MINUTE)))
    got = [
        (int(at), WHAT[int(k)], int(t), int(s), float(p))
        for at, k, t, s, p in zip(told.at, told.kind, told.time, told.start, told.peak, strict=True)
    ]
    assert got == episodes.twin(
        given_points, gap=GAP, floor=made.floor, step=made.between, patience=PATIENCE
    )


READINGS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 40), st.sampled_from([1.0, -3.5, np.nan])),
    max_size=80,
)


@given(READINGS, st.booleans(), st.integers(1, 8))
def test_admission(readings, keep, copies):
    """Also beyond the size from which a batch is grouped by row."""
    readings = [
        (s + 5 * c, t + 50 * k, v) for k in range(copies) for c in range(4) for s, t, v in readings
    ]
    table = SeriesTable(
        entity=("host",),
        max_series=100,
        evict_after_ns=10**18,
        keep_duplicates=keep,
        taken=lambda _row, _key: None,
        evicted=lambda _row: None,
    )
    series, time, value = zip(*readings, strict=True) if readings else ((), (), ())
    keys = Keys(0, [f"s{i}".encode() for i in range(20)])
    n = len(readings)
    batch = PointBatch(
        keys,
        np.array(series, np.int32),
        np.array(time, np.int64) * MINUTE,
        np.array(value, np.float64),
        np.zeros(n, np.int32),
    )
    admitted = table.admit(batch)
    outcomes, points = admit.twin(
        [(s, t * MINUTE, v) for s, t, v in readings], keep_duplicates=keep
    )
    order_of_arrival = np.argsort(admitted.at)
    p = admitted.points
    got = [
        (int(admitted.at[i]), int(table.keys[p.row[i]][1:]), int(p.time[i]), float(p.value[i]))
        for i in order_of_arrival
    ]
    assert got == [point[:4] for point in points]
    days = admitted.days[order_of_arrival]
    assert days.tolist() == pytest.approx([point[4] for point in points])
    usual = admitted.usual[order_of_arrival]
    assert usual.tolist() == pytest.approx([point[5] for point in points])
    names = ("scored", "filtered", "late", "duplicate", "refused")
    counted = dict(zip(names, table.drain()[0].tolist(), strict=True))
    assert {k: v for k, v in counted.items() if v} == Counter(outcomes)


@given(st.lists(st.integers(-1, 5000), min_size=1, max_size=3 * GROUP_FROM))
def test_grouping(rows):
    row = np.array(rows, np.int32)
    got, spare = np.empty((2, row.size), np.int32)
    order.group(row, got, spare, np.empty(order.BUCKETS, np.int32))
    assert got.tolist() == sorted(range(row.size), key=lambda i: max(rows[i], 0))


@given(st.lists(st.integers(0, 2), max_size=150), st.lists(st.integers(0, 150), max_size=3))
def test_recent_points(rows, cuts):
    made, kept = Recent(3), {0: [], 1: [], 2: []}
    edges = [0, *sorted(min(c, len(rows)) for c in cuts), len(rows)]
    for a, b in pairwise(edges):
        part = rows[a:b]
        points = Points(
            np.array(part, np.int32), np.arange(a, b, dtype=np.int64), np.arange(a, b) * 0.1
        )
        for i, row in enumerate(part):
            kept[row].append((a + i, (a + i) * 0.1))
            assert made.before(points, i) == tuple(kept[row][-KEPT:])
        made.push(points)
    assert [made.values(r) for r in kept] == [[v for _, v in kept[r][-KEPT:]] for r in kept]
