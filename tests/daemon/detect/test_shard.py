"""A shard answers the same however its readings are cut, after restarts, and among others."""

from itertools import pairwise

import msgspec
import numpy as np
import pytest

from tocsin.config.model import Config
from tocsin.roles.compose import shard
from tocsin.wire.points import Keys, PointBatch

MINUTE = 60_000_000_000
START = 1_700_000_000_000_000_000
SERIES, POINTS = 12, 2200


def stream(seed=3):
    """Noisy series of unequal cadence with breaks; one stops, one starts in the middle."""
    rng = np.random.default_rng(seed)
    rows = []
    for s in range(SERIES):
        step = MINUTE * (1 + s % 3)
        n = POINTS // (1 + s % 3)
        time = START + step * np.arange(n) + rng.integers(0, 1000, n)
        value = 100 + rng.normal(size=n).cumsum() * 0.05 + rng.normal(size=n)
        value[n // 2 : n // 2 + 3] += 40
        value[3 * n // 4 :] += 6 * (s % 2)
        value[rng.random(n) < 0.01] = np.nan
        keep = slice(0, n // 2 + 2) if s == 4 else slice(n // 3, n) if s == 5 else slice(0, n)
        rows += [(int(t), s, float(v)) for t, v in zip(time[keep], value[keep], strict=True)]
    rows.sort()
    time, series, value = (np.array(c) for c in zip(*rows, strict=True))
    keys = Keys(0, [f'm{{host="h{s // 2}",core="{s % 2}"}}'.encode() for s in range(SERIES)])
    return PointBatch(
        keys,
        series.astype(np.int32),
        time.astype(np.int64),
        value.astype(np.float64),
        np.zeros(len(rows), np.int32),
    )


def plain(findings):
    """Comparable: NaN becomes null."""
    return [msgspec.json.encode(f) for f in findings]


def pieces(batch, edges):
    edges = [0, *edges, len(batch)]
    return [batch.part(slice(a, b)) for a, b in pairwise(edges)]


@pytest.fixture(scope="module")
def batch():
    return stream()


@pytest.fixture(scope="module")
def whole(batch):
    made = shard(Config())
    findings = made.step(batch)
    assert len(findings) > 20
    return findings, made


def state(made):
    arrays, meta = made.snapshot()
    return {k: a.tobytes() for k, a in arrays.items()}, meta


@pytest.mark.parametrize("size", [1, 7, 300, 5000])
def test_the_cut_into_batches_does_not_show(batch, whole, size):
    made = shard(Config())
    n = len(batch) if size > 1 else 3000
    found = [f for p in pieces(batch.part(slice(0, n)), range(size, n, size)) for f in made.step(p)]
    expected = [f for f in whole[0] if f.time < int(batch.time[n - 1]) or n == len(batch)]
    assert plain(found[: len(expected)]) == plain(expected)
    if n == len(batch):
        assert plain(found) == plain(whole[0])
        assert state(made) == state(whole[1])


@pytest.mark.parametrize("at", [0, 1, 5000, 9001])
def test_a_restored_shard_goes_on_the_same(batch, whole, at):
    first, second = shard(Config()), shard(Config())
    found = first.step(batch.part(slice(0, at)))
    arrays, meta = first.snapshot()
    meta = msgspec.json.decode(msgspec.json.encode(meta))
    assert second.restore(arrays, meta, Keys()) == []
    found += second.step(batch.part(slice(at, None)))
    assert plain(found) == plain(whole[0])
    assert state(second) == state(whole[1])


def test_a_detector_whose_parameters_changed_starts_cold_and_says_so(batch):
    first = shard(Config())
    first.step(batch)
    arrays, meta = first.snapshot()
    meta["shape"]["robust"] = "robust/0 {}"
    assert shard(Config()).restore(arrays, meta, Keys()) == ["robust"]


def test_a_failing_detector_costs_its_own_voice_only(batch):
    made = shard(Config())
    made.step(batch.part(slice(0, 4000)))
    robust = made.members[0].detector

    def broken(points):
        raise ValueError("broken")

    robust.update = broken
    made.step(batch.part(slice(4000, None)))
    assert made.failed == {"robust": "ValueError: broken"}
    assert made.drain().sum() == len(batch)


def test_an_episode_of_a_series_that_stopped_is_closed_by_time(batch):
    made = shard(Config())
    found = made.step(batch)
    stopped = b'm{host="h2",core="0"}'
    told = [f for f in found if f.series == stopped]
    if not told or not told[-1].closed:
        found += made.advance(int(batch.time[-1]) + 7 * 86_400_000_000_000)
        told = [f for f in found if f.series == stopped]
    assert told
    assert told[-1].closed
