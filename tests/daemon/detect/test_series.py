"""SeriesTable: order, lateness, duplicates, eviction; the same however readings are cut."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.detect.series import SeriesTable
from tocsin.wire.points import Keys, PointBatch
from tocsin_detectors.kernels.admit import DUPLICATE, FILTERED, LATE, OUTCOMES, SCORED
from tocsin_detectors.kernels.admit import REFUSED as REFUSED_OUTCOME

SECOND = 1_000_000_000


def table(max_series=100, evict_after=10 * SECOND, keep=False, told=None):
    told = told if told is not None else []
    return SeriesTable(
        entity=("host",),
        max_series=max_series,
        evict_after_ns=evict_after,
        keep_duplicates=keep,
        taken=lambda row, _key: told.append(("taken", row.tolist())),
        evicted=lambda row: told.append(("evicted", row.tolist())),
    )


def batch(readings, keys=None):
    """Readings (series number, seconds, value) as a batch."""
    keys = keys or Keys(0, [f'm{{host="h{i}"}}'.encode() for i in range(300)])
    series, time, value = zip(*readings, strict=True) if readings else ((), (), ())
    return PointBatch(
        keys,
        np.array(series, np.int32),
        np.array(time, np.int64) * SECOND,
        np.array(value, np.float64),
        np.zeros(len(series), np.int32),
    )


def run(t, b, cuts=()):
    """Admit in the given pieces; points as (row, time, value, days) in arrival order."""
    points = []
    edges = [0, *sorted(cuts), len(b)]
    for lo, hi in pairwise(edges):
        part = b.part(slice(lo, hi))
        while len(part):
            n = t.cut(part)
            a = t.admit(part.part(slice(0, n)))
            order = np.argsort(a.at)
            p = a.points
            points += [
                (t.keys[p.row[i]], int(p.time[i]), float(p.value[i]), float(a.days[i]))
                for i in order
            ]
            part = part.part(slice(n, None))
    return points


def test_a_late_point_is_counted_once():
    t = table()
    points = run(t, batch([(0, 10, 1.0), (0, 5, 2.0), (1, 5, 3.0)]))
    assert [p[2] for p in points] == [1.0, 3.0]
    assert t.drain()[0, LATE] == 1


def test_a_duplicate_is_dropped_and_counted():
    t = table()
    assert len(run(t, batch([(0, 10, 1.0), (0, 10, 2.0)]))) == 1
    assert t.drain()[0, DUPLICATE] == 1


def test_a_duplicate_is_kept_where_asked():
    t = table(keep=True)
    assert len(run(t, batch([(0, 10, 1.0), (0, 10, 2.0)]))) == 2
    assert t.drain()[0, DUPLICATE] == 0


def test_a_reading_without_a_value_moves_the_clock_and_is_filtered():
    t = table()
    run(t, batch([(0, 10, np.nan), (0, 5, 2.0)]))
    counts = t.drain()[0]
    assert (counts[FILTERED], counts[LATE]) == (1, 1)


def test_a_gap_counts_as_four_usual_distances_at_most():
    t = table()
    points = run(t, batch([(0, 0, 1.0), (0, 60, 1.0), (0, 6000, 1.0)]))
    days = [p[3] for p in points]
    assert days[1] == pytest.approx(60 / 86_400)
    assert days[2] == pytest.approx(4 * 63 / 86_400)


def test_a_full_table_refuses_and_counts():
    t = table(max_series=2)
    points = run(t, batch([(0, 0, 1.0), (1, 0, 1.0), (2, 0, 1.0), (0, 1, 1.0)]))
    assert len(points) == 3
    assert t.drain()[0, REFUSED_OUTCOME] == 1


def test_a_silent_series_gives_up_its_row_to_a_new_one():
    told = []
    t = table(max_series=2, told=told)
    run(t, batch([(0, 0, 1.0), (1, 0, 1.0), (1, 20, 1.0), (2, 20, 5.0)]))
    assert told[-2:] == [("evicted", [0]), ("taken", [0])]
    assert t.keys[0] == b'm{host="h2"}'
    assert t.n_evicted == 1


def test_an_evicted_series_comes_back_as_a_new_one():
    t = table(max_series=1)
    points = run(t, batch([(0, 0, 1.0), (1, 60, 2.0), (0, 120, 3.0)]))
    assert [p[2] for p in points] == [1.0, 2.0, 3.0]
    assert t.n_evicted == 2


def test_entities_are_counted_by_their_labels():
    keys = Keys(0, [b'cpu{core="0",host="a"}', b'cpu{core="1",host="a"}', b"lonely"])
    t = table()
    run(t, batch([(0, 0, 1.0), (1, 0, 1.0), (2, 0, 1.0)], keys))
    assert t.members == {b'{host="a"}': 2, b"lonely": 1}


READINGS = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 60), st.sampled_from([1.0, 2.0, np.nan])),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(READINGS, st.lists(st.integers(0, 60), max_size=4), st.booleans())
def test_cutting_the_readings_changes_nothing(readings, cuts, keep):
    whole, pieces = (table(max_series=3, keep=keep) for _ in range(2))
    b = batch(readings)
    assert run(whole, b) == run(pieces, b, [min(c, len(b)) for c in cuts])
    assert np.array_equal(whole.drain(), pieces.drain())
    assert (whole.keys, whole.free, whole.row_of) == (pieces.keys, pieces.free, pieces.row_of)


@settings(max_examples=40, deadline=None)
@given(READINGS, st.integers(0, 60))
def test_a_restored_table_goes_on_the_same(readings, at):
    b = batch(readings)
    at = min(at, len(b))
    one, two = table(max_series=4), table(max_series=4)
    run(one, b.part(slice(0, at)))
    two.restore(one.snapshot())
    one.drain()
    rest = b.part(slice(at, None))
    assert run(one, rest) == run(two, rest)
    assert np.array_equal(one.drain(), two.drain())


@settings(max_examples=30, deadline=None)
@given(READINGS)
def test_every_reading_has_one_outcome(readings):
    t = table(max_series=3)
    points = run(t, batch(readings))
    counts = t.drain()
    assert counts.sum() == len(readings)
    assert counts[0, SCORED] == len(points)
    assert counts.shape == (1, OUTCOMES)


def test_grouping_keeps_the_order_within_a_series():
    rng = np.random.default_rng(1)
    n = 5000
    series = rng.integers(0, 250, n)
    b = batch([(int(s), i, float(i)) for i, s in enumerate(series)])
    t = table(max_series=1000)
    a = t.admit(b)
    rows = a.points.row
    assert (np.diff(rows) >= 0).all()
    assert np.array_equal(np.sort(a.at), np.arange(n))
    for r in range(250):
        assert (np.diff(a.points.time[rows == r]) > 0).all()


def test_a_new_dictionary_finds_the_same_rows():
    t = table()
    run(t, batch([(0, 0, 1.0), (1, 0, 1.0)]))
    other = Keys(7, [b'm{host="h1"}', b'm{host="h0"}'])
    run(t, batch([(0, 5, 1.0)], other))
    assert t.newest[t.row_of[b'm{host="h1"}']] == 5 * SECOND
    assert len(t) == 2
