"""`check_detector`: the contract as executable checks, usable by third parties.

`make(rows)` gives a fresh detector with fixed parameters and seed. `twin(time, value, key)` is
its slow and obvious version for one series: scores and p-values in plain Python.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, get_args

import numpy as np

from tocsin_detectors.contract import (
    F64,
    I64,
    Calibration,
    Evidence,
    Kind,
    Params,
    Points,
    Scope,
    Scores,
)

Make = Callable[[int], Any]
Twin = Callable[[I64, F64, int], tuple[Sequence[float], Sequence[float]]]

ROWS = 7
KEYS = np.random.default_rng(7).integers(1, 2**63, 1000).astype(np.uint64)


def stream(rows: int = ROWS, n: int = 700, seed: int = 1) -> Points:
    """Interleaved series with jitter, a gap, NaN, a constant, counts, and a shift of level."""
    g = np.random.default_rng(seed)
    row = g.integers(0, rows, n).astype(np.int32)
    time = np.cumsum(g.integers(1, 2_000_000_000, n)).astype(np.int64)
    time[n // 2 :] += 86_400_000_000_000
    value = g.normal(10.0 * row, 1.0 + row)
    value[row == 0] = 5.0
    value[row == 1] = g.poisson(0.7, n)[row == 1]
    value[n // 2 :] += 30.0
    value[g.random(n) < 0.03] = np.nan
    return Points(row, time, value)


def fresh(make: Make, rows: int = ROWS, keys: Any = None) -> Any:
    """A detector whose rows belong to known series."""
    d = make(rows)
    d.reset(np.arange(rows, dtype=np.int32), KEYS[:rows] if keys is None else keys)
    return d


def cut(b: Points, keep: Any) -> Points:
    """Part of a batch, by slice or mask."""
    return Points(b.row[keep], b.time[keep], b.value[keep])


def join(parts: list[Scores]) -> Scores:
    """Scores of consecutive batches as one."""
    return Scores(np.concatenate([s.score for s in parts]), np.concatenate([s.p for s in parts]))


def same(a: Scores, b: Scores, what: str) -> None:
    """Bit for bit, NaN payloads included."""
    for field in ("score", "p"):
        x, y = getattr(a, field), getattr(b, field)
        differs = np.flatnonzero(x.view(np.int64) != y.view(np.int64))
        if differs.size:
            i = int(differs[0])
            raise AssertionError(
                f"{what}: {field}[{i}] expected {x[i]!r}, got {y[i]!r}; "
                f"{differs.size} of {x.size} differ"
            )


def check_declares(make: Make) -> None:
    """Says what it is in words the daemon knows."""
    d = make(1)
    known = {"kind": get_args(Kind), "scope": get_args(Scope), "calibration": get_args(Calibration)}
    for field, words in known.items():
        if getattr(d, field) not in words:
            raise AssertionError(f"{field}: expected one of {words}, got {getattr(d, field)!r}")
    if not (isinstance(d.name, str) and d.name.isidentifier() and d.schema >= 1):
        raise AssertionError(f"expected a name and a schema from 1, got {d.name!r}, {d.schema!r}")
    if Params not in type(d.parameters.of()).__mro__:
        raise AssertionError("parameters: expected a Params with defaults for every field")


def check_split(make: Make) -> None:
    """Any cut of the stream into batches, down to single points, gives the same bits."""
    b = stream()
    whole = fresh(make).update(b)
    for step in (1, 3, 64):
        d = fresh(make)
        parts = [d.update(cut(b, slice(i, i + step))) for i in range(0, len(b), step)]
        same(whole, join(parts), f"batches of {step}")


def check_restore(make: Make) -> None:
    """Snapshot, keep running, restore elsewhere: the tail scores the same bits."""
    b = stream()
    for at in (0, 1, 350, 699):
        d = fresh(make)
        d.update(cut(b, slice(0, at)))
        saved = d.snapshot()
        tail = d.update(cut(b, slice(at, None)))
        other = make(ROWS)
        other.restore(saved)
        same(tail, other.update(cut(b, slice(at, None))), f"restored at {at}")


def check_columns(make: Make) -> None:
    """A snapshot of something else is refused, not adopted."""
    d = fresh(make)
    saved = dict(d.snapshot())
    for wrong in ({**saved, "stranger": np.zeros(ROWS)}, dict(list(saved.items())[1:])):
        try:
            d.restore(wrong)
        except ValueError:
            continue
        raise AssertionError(f"restore of columns {sorted(wrong)}: expected ValueError")


def check_deltas(make: Make) -> None:
    """A base and the rows touched since make the same state as a whole snapshot."""
    b = stream()
    some = np.flatnonzero((np.arange(len(b)) < 350) | (b.row < 3) | (np.arange(len(b)) >= 500))
    d = fresh(make)
    d.update(cut(b, slice(0, 350)))
    base = d.snapshot()
    d.update(cut(b, some[(some >= 350) & (some < 500)]))
    touched = np.arange(3, dtype=np.int32)
    delta = d.snapshot(touched)
    other = make(ROWS)
    other.restore(base)
    other.restore(delta, touched)
    same(d.update(cut(b, slice(500, None))), other.update(cut(b, slice(500, None))), "base + delta")


def check_rows(make: Make) -> None:
    """A series scores the same alone, among others, and in another row."""
    b = stream()
    whole = fresh(make).update(b)
    swap = np.random.default_rng(2).permutation(ROWS).astype(np.int32)
    keys = np.empty(ROWS, np.uint64)
    keys[swap] = KEYS[:ROWS]
    moved = fresh(make, ROWS, keys).update(Points(swap[b.row], b.time, b.value))
    same(whole, moved, "rows renumbered")
    for r in range(ROWS):
        mine = b.row == r
        solo = Points(np.zeros(int(mine.sum()), np.int32), b.time[mine], b.value[mine])
        alone = fresh(make, 1, KEYS[r : r + 1]).update(solo)
        same(Scores(whole.score[mine], whole.p[mine]), alone, f"row {r} alone")


def check_order(make: Make) -> None:
    """Any order of the points that keeps the order within each row gives the same bits."""
    b = stream()
    whole = fresh(make).update(b)
    grouped = np.argsort(b.row, kind="stable")
    same(
        Scores(whole.score[grouped], whole.p[grouped]),
        fresh(make).update(cut(b, grouped)),
        "grouped by row",
    )


def check_reset_and_resize(make: Make) -> None:
    """A reset row equals a fresh one; growing disturbs no row."""
    b = stream()
    d = fresh(make)
    d.update(cut(b, slice(0, 650)))
    d.reset(np.arange(ROWS, dtype=np.int32), KEYS[:ROWS])
    first = d.update(cut(b, slice(0, 300)))
    d.resize(50)
    again = join([first, d.update(cut(b, slice(300, None)))])
    same(fresh(make).update(b), again, "after reset and resize")


def check_gaps(make: Make) -> None:
    """NaN scores NaN and teaches nothing; empty batches are fine."""
    b = stream()
    seen = np.isfinite(b.value)
    whole = fresh(make).update(b)
    if not np.isnan(whole.score[~seen]).all():
        raise AssertionError("a point without a value must score NaN")
    d = fresh(make)
    d.update(cut(b, slice(0, 0)))
    same(Scores(whole.score[seen], whole.p[seen]), d.update(cut(b, seen)), "without the NaN points")


def check_extremes(make: Make) -> None:
    """Huge, tiny, infinite values: no exception, warning, infinite score or lasting harm."""
    odd = np.array([1e308, -1e308, 5e-324, 0.0, -0.0, np.inf, -np.inf, np.nan, 1e150, 1.0])
    value = np.concatenate([np.tile(odd, 40), np.random.default_rng(3).normal(size=20_000)])
    n = value.size
    b = Points(np.zeros(n, np.int32), np.arange(n, dtype=np.int64) * 10**9, value)
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        got = fresh(make, 1).update(b)
    if np.isinf(got.score).any():
        raise AssertionError("score must be finite or NaN")
    if not np.isfinite(got.score[-100:]).all():
        raise AssertionError("ordinary values after extreme ones must score again")
    if got.score[-10_000:].max() <= 0:
        raise AssertionError("ordinary values after extreme ones all score 0")


def check_p(make: Make) -> None:
    """p is NaN throughout for `tail`; for `own`, in (0, 1] wherever there is a score."""
    d, b = fresh(make), stream()
    got = d.update(b)
    if d.calibration == "tail":
        if not np.isnan(got.p).all():
            raise AssertionError("calibration 'tail' leaves p NaN: the shard calibrates")
        return
    if not np.array_equal(np.isnan(got.p), np.isnan(got.score)):
        raise AssertionError("p must be NaN exactly where the score is")
    p = got.p[np.isfinite(got.p)]
    if p.size == 0 or ((p <= 0) | (p > 1)).any():
        raise AssertionError("p must lie in (0, 1]")


def check_null(make: Make) -> None:
    """On independent normal readings, P(p <= u) <= u (calibration `own`)."""
    g = np.random.default_rng(11)
    rows, n = 400, 600
    d = fresh(make, rows)
    row = np.tile(np.arange(rows, dtype=np.int32), n)
    time = np.repeat(np.arange(n, dtype=np.int64), rows) * 60_000_000_000
    p = d.update(Points(row, time, g.normal(size=rows * n))).p
    p = p[np.isfinite(p)]
    for u, slack in ((0.5, 1.02), (0.1, 1.05), (0.01, 1.2), (0.001, 1.6)):
        share = float((p <= u).mean())
        if share > u * slack:
            raise AssertionError(f"P(p <= {u}) is {share:.5f} on readings without any change")


def check_memory(make: Make) -> None:
    """State is rows * bytes_per_row at most, and points add nothing."""

    def size(d: Any) -> int:
        return sum(a.nbytes for a in d.snapshot().values())

    for rows in (ROWS, 1000):
        d = fresh(make, rows)
        per = d.bytes_per_row(d.params)
        for _ in range(3):
            d.update(stream())
        if size(d) > rows * per + 4096:
            raise AssertionError(f"{size(d)} bytes for {rows} rows; bytes_per_row promises {per}")


def check_purity(make: Make) -> None:
    """Inputs stay as they were, and the global random state is neither read nor moved."""
    b = stream()
    for a in (b.row, b.time, b.value):
        a.flags.writeable = False
    py, np_ = random.getstate(), repr(np.random.get_state())  # noqa: NPY002
    one = fresh(make).update(b)
    if random.getstate() != py or repr(np.random.get_state()) != np_:  # noqa: NPY002
        raise AssertionError("the global random state moved; use the seed and the key")
    same(one, fresh(make).update(b), "run again")


def _plausible(e: Evidence, time: int, kind: str, what: str) -> None:
    if not e.low <= e.expected <= e.high:
        raise AssertionError(f"{what}: expected {e.expected} outside {e.low} to {e.high}")
    if not (0 < e.since <= time if kind == "drift" else 0 <= e.since <= time):
        raise AssertionError(f"{what}: since {e.since}, but the point is of {time}")


def check_evidence(make: Make) -> None:
    """Explains any position of the last batch: what was observed, expected, and since when."""
    b = stream()
    d = fresh(make)
    got = d.update(b)
    at = (0, 350, 500, 699)
    whole = d.explain(at)
    for i, e in zip(at, whole, strict=True):
        if not np.array_equal(e.observed, b.value[i], equal_nan=True):
            raise AssertionError(f"evidence at {i}: observed {e.observed}, batch says {b.value[i]}")
        if np.isfinite(got.score[i]):
            _plausible(e, int(b.time[i]), d.kind, f"evidence at {i}")
    parts = fresh(make)
    parts.update(cut(b, slice(0, 450)))
    parts.update(cut(b, slice(450, 501)))
    if repr(parts.explain([50])) != repr(whole[2:3]):
        raise AssertionError("evidence depends on where the batch began or ended")


def check_twin(make: Make, twin: Twin) -> None:
    """Agrees with the slow and obvious version to a relative 1e-9, over long series."""
    b = stream(n=ROWS * 1700)
    got = fresh(make).update(b)
    for r in range(ROWS):
        mine = b.row == r
        score, p = twin(b.time[mine], b.value[mine], int(KEYS[r]))
        np.testing.assert_allclose(got.score[mine], score, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(got.p[mine], p, rtol=1e-9, atol=1e-12)


ALWAYS = (
    check_declares,
    check_split,
    check_restore,
    check_columns,
    check_gaps,
    check_extremes,
    check_p,
    check_memory,
    check_purity,
    check_evidence,
)
PER_ROW = (check_deltas, check_rows, check_order, check_reset_and_resize)
OWN = (check_null,)


def checks(make: Make, twin: Twin) -> Iterator[tuple[str, Callable[[], None]]]:
    """The checks by name, for `pytest.mark.parametrize`."""
    d = make(1)
    chosen = ALWAYS + (PER_ROW if d.scope == "row" else ())
    chosen += OWN if d.calibration == "own" else ()
    for c in chosen:
        yield c.__name__, lambda c=c: c(make)  # type: ignore[misc]
    yield "check_twin", lambda: check_twin(make, twin)


def check_detector(make: Make, twin: Twin) -> None:
    """Run every check; the first failure raises AssertionError saying what broke."""
    for _, run in checks(make, twin):
        run()
