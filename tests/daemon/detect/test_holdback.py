"""Holdback: event-time order within the lateness, whatever the batches."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.detect.holdback import Holdback
from tocsin.wire.points import Keys, PointBatch


def batch(times, sources=None, first=0):
    n = len(times)
    keys = Keys(0, [b"a"])
    return PointBatch(
        keys,
        np.zeros(n, np.int32),
        np.array(times, np.int64),
        np.arange(first, first + n, dtype=np.float64),
        np.array(sources if sources is not None else [0] * n, np.int32),
    )


def drain(h, b, cuts=()):
    edges = [0, *sorted(cuts), len(b)]
    out = []
    for lo, hi in pairwise(edges):
        got = h.step(b.part(slice(lo, hi)))
        out += zip(got.time.tolist(), got.value.tolist(), strict=True)
    rest = h.flush()
    if rest is not None:
        out += zip(rest.time.tolist(), rest.value.tolist(), strict=True)
    return out


def naive(times, sources, lateness):
    """One arrival at a time, the obvious way."""
    held, mark, out = [], {}, []
    for i, (t, s) in enumerate(zip(times, sources, strict=True)):
        mark[s] = max(mark.get(s, t), t)
        held.append((t, i, s))
        go = sorted(h for h in held if h[2] == s and h[0] + lateness <= mark[s])
        held = [h for h in held if h not in go]
        out += [(t, float(i)) for t, i, _ in go]
    return out + [(t, float(i)) for t, i, _ in sorted(held)]


def test_readings_within_the_lateness_come_in_order():
    got = drain(Holdback(5, 100), batch([1, 3, 2, 10, 4, 20]))
    assert [t for t, _ in got] == [1, 2, 3, 4, 10, 20]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2)), min_size=1, max_size=40),
    st.integers(1, 20),
    st.lists(st.integers(0, 40), max_size=4),
)
def test_agrees_with_one_arrival_at_a_time(readings, lateness, cuts):
    times, sources = zip(*readings, strict=True)
    b = batch(times, sources)
    got = drain(Holdback(lateness, 1000), b, [min(c, len(b)) for c in cuts])
    assert got == naive(times, sources, lateness)


def test_what_is_held_is_bounded_and_the_oldest_leave_first():
    h = Holdback(1_000_000, 10)
    got = h.step(batch(list(range(25))))
    assert got.time.tolist() == list(range(15))


def test_a_restored_holdback_goes_on_the_same():
    b = batch([1, 3, 2, 10, 4, 20, 18, 30])
    one = Holdback(8, 100)
    one.step(b.part(slice(0, 4)))
    two = Holdback(8, 100)
    two.restore(one.snapshot(), b.keys)
    rest = b.part(slice(4, None))
    assert drain(one, rest) == drain(two, rest)


def test_a_new_dictionary_does_not_mix_up_held_readings():
    h = Holdback(100, 100)
    h.step(batch([1, 2]))
    other = PointBatch(
        Keys(1, [b"z"]),
        np.zeros(1, np.int32),
        np.array([300], np.int64),
        np.zeros(1),
        np.zeros(1, np.int32),
    )
    got = h.step(other)
    assert [got.keys.key[c] for c in got.series] == [b"a", b"a"]
