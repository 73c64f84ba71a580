"""Lanes and their merging: one total order, resumable at any point, whatever is read at once."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.engine.lane import Lane
from tocsin.engine.merge import merged
from tocsin.wire.points import Keys, PointBatch
from tocsin_connectors.contract import Records, Rejected

BAD = -1  # a record that cannot be decoded


@dataclass
class Part:
    """A list of times, read `at_once` records a time."""

    times: list
    at_once: int
    at: int = 0
    origin: str = "list"
    finite: bool = True
    ended: bool = False

    def read(self, limit_bytes):
        if self.at >= len(self.times):
            self.ended = True
            return None
        first, self.at = self.at, min(self.at + self.at_once, len(self.times))
        payloads = [str(t).encode() for t in self.times[first : self.at]]
        return Records(self.origin, payloads, first, {"at": self.at})

    def close(self):
        pass


@dataclass
class Decoded:
    batch: PointBatch
    place: np.ndarray
    readings: int
    rejected: list
    blank: int = 0


class Intake:
    """Times as readings; the value says which record it was."""

    def __init__(self, source, keys):
        self.origin, self.source, self.keys = f"list:{source}", source, keys
        self.seen = 0

    def step(self, records):
        times = [int(p) for p in records.payloads]
        good = [i for i, t in enumerate(times) if t != BAD]
        n = len(good)
        batch = PointBatch(
            self.keys,
            np.full(n, self.source, np.int32),
            np.array([times[i] for i in good], np.int64),
            np.array([records.first + i for i in good], np.float64),
            np.full(n, self.source, np.int32),
        )
        bad = [Rejected(i, "dead_lettered", "malformed") for i, t in enumerate(times) if t == BAD]
        self.seen += len(times)
        return Decoded(batch, np.arange(n), n, bad)

    def snapshot(self):
        return {"seen": self.seen}

    def restore(self, state):
        self.seen = state["seen"]


def lanes(files, at_once, settled, cursors=None):
    keys = Keys(0, [f"s{i}".encode() for i in range(len(files))])
    made = []
    for i, times in enumerate(files):

        def opener(position, times=times):
            return Part(times, at_once, position["at"] if position else 0)

        made.append(
            Lane(
                Intake(i, keys),
                opener,
                lambda records, rejected, blank: settled.append(len(rejected)),
                cursor=cursors[i] if cursors else None,
            )
        )
    return made


def readings(batches):
    return [
        (int(s), int(t), int(v))
        for b in batches
        for s, t, v in zip(b.series, b.time, b.value, strict=True)
    ]


def obvious(files):
    """Sort everything by (largest time so far in its file, file, place)."""
    out = []
    for i, times in enumerate(files):
        mark = -(2**62)
        for k, t in enumerate(times):
            if t != BAD:
                mark = max(mark, t)
                out.append((mark, i, k, t))
    return [(i, t, k) for _, i, k, t in sorted(out)]


FILES = st.lists(
    st.lists(st.one_of(st.integers(0, 30), st.just(BAD)), max_size=25), min_size=1, max_size=4
)


@settings(max_examples=150, deadline=None)
@given(FILES, st.integers(1, 9))
def test_the_order_is_total_whatever_is_read_at_once(files, at_once):
    settled = []
    assert readings(merged(lanes(files, at_once, settled))) == obvious(files)
    assert sum(settled) == sum(t == BAD for f in files for t in f)


@settings(max_examples=150, deadline=None)
@given(FILES, st.integers(1, 9), st.integers(1, 9), st.integers(0, 12))
def test_a_run_resumed_at_any_point_gives_the_rest(files, at_once, later, stop_after):
    settled = []
    first = lanes(files, at_once, settled)
    got = []
    for n, b in enumerate(merged(first)):
        got += readings([b])
        if n == stop_after:
            break
    again = lanes(files, later, settled, [lane.cursor for lane in first])
    got += readings(merged(again))
    assert got == obvious(files)
    assert sum(settled) == sum(t == BAD for f in files for t in f)
