"""The checks bite: each mutant breaks one promise, and exactly the checks named here notice."""

import warnings

import numpy as np
import pytest

from contract.test_detectors import make_of, twin_of
from tocsin_detectors.baseline.robust import Robust
from tocsin_detectors.contract import Evidence, Points, Scores
from tocsin_detectors.sequential.sprt import Sprt
from tocsin_detectors.testing import KEYS, check_detector, checks

RNG = np.random.default_rng()


class CentredByBatch(Robust):
    def update(self, batch):
        s = super().update(batch)
        known = np.isfinite(s.score)
        return Scores(s.score - s.score[known][0] if known.any() else s.score, s.p)


class SharedSnapshot(Robust):
    def snapshot(self, row=None):
        if row is not None:
            return super().snapshot(row)
        return {name: self.rows.data[name] for name in self.rows.names}


class SavedTooShort(Robust):
    def snapshot(self, row=None):
        s = super().snapshot(row)
        return {**s, "level": s["level"].astype(np.float32).astype(float)}


class TouchesNeighbours(Robust):
    def update(self, batch):
        s = super().update(batch)
        if len(batch):
            self.rows.data["level"] *= 1 + 1e-15
        return s


class KeepsEveryPoint(Robust):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.past = np.empty(0)

    def update(self, batch):
        self.past = np.concatenate([self.past, batch.value])
        return super().update(batch)

    def snapshot(self, row=None):
        return {**super().snapshot(row), "past": self.past.copy()}

    def restore(self, columns, row=None):
        super().restore({k: v for k, v in columns.items() if k != "past"}, row)


class UnseededNoise(Robust):
    def update(self, batch):
        s = super().update(batch)
        return Scores(s.score + 1e-12 * RNG.random(len(batch)), s.p)


class KnowsItsRow(Robust):
    def update(self, batch):
        s = super().update(batch)
        return Scores(s.score * (1 + 1e-12 * batch.row), s.p)


class WritesIntoTheBatch(Robust):
    def update(self, batch):
        s = super().update(batch)
        np.nan_to_num(batch.value, copy=False)
        return s


class HalfReset(Robust):
    def reset(self, row, key):
        self.rows.data["level"][row] = 0


class LearnsNanAsZero(Robust):
    def update(self, batch):
        return super().update(Points(batch.row, batch.time, np.nan_to_num(batch.value, nan=0.0)))


class InfiniteOnHuge(Robust):
    def update(self, batch):
        s = super().update(batch)
        return Scores(np.where(np.abs(batch.value) > 1e200, np.inf, s.score), s.p)


class OffByALittle(Robust):
    def update(self, batch):
        s = super().update(batch)
        return Scores(s.score * 1.0000001, s.p)


class WrongEvidence(Robust):
    def explain(self, at):
        return super().explain([0 for _ in at])


class EvidenceOfAfterwards(Robust):
    """Expected level as it stands after the batch, not at the point."""

    def explain(self, at):
        now = self.rows.data["level"][self.last.row[list(at)]]
        return [
            Evidence(e.observed, m, m - 1.0, m + 1.0)
            for e, m in zip(super().explain(at), now.tolist(), strict=True)
        ]


class AcceptsAnything(Robust):
    def restore(self, columns, row=None):
        whole = {name: columns.get(name, self.rows.data[name]) for name in self.rows.names}
        super().restore(whole, row)


class CarriesOverRows(Robust):
    """A point sees the row of the point before it in the batch."""

    def update(self, batch):
        s = super().update(batch)
        before = np.r_[-1, batch.row[:-1]]
        return Scores(np.where(before == batch.row, s.score * (1 + 1e-12), s.score), s.p)


class UnknownKind(Robust):
    kind = "oddity"


class GivesPs(Robust):
    def update(self, batch):
        s = super().update(batch)
        return Scores(s.score, np.where(np.isnan(s.score), np.nan, 0.5))


class KeyedByRow(Sprt):
    """Lots drawn by the row's number in place of the series' key."""

    def reset(self, row, key):
        super().reset(row, KEYS[row])


class ZeroPs(Sprt):
    def update(self, batch):
        s = super().update(batch)
        return Scores(s.score, np.where(s.p < 0.01, 0.0, s.p))


class TooSure(Sprt):
    def update(self, batch):
        s = super().update(batch)
        return Scores(s.score, s.p**1.5)


class SinceTheFuture(Sprt):
    def explain(self, at):
        return [
            Evidence(e.observed, e.expected, e.low, e.high, int(self.last.time[i]) + 1, e.note)
            for i, e in zip(at, super().explain(at), strict=True)
        ]


@pytest.mark.parametrize(
    ("mutant", "noticed"),
    [
        (Robust, ""),
        (CentredByBatch, "split rows order reset_and_resize extremes twin"),
        (SharedSnapshot, "restore"),
        (SavedTooShort, "restore deltas"),
        (TouchesNeighbours, "split deltas reset_and_resize evidence"),
        (KeepsEveryPoint, "memory"),
        (UnseededNoise, "split restore gaps purity deltas rows order reset_and_resize"),
        (KnowsItsRow, "rows"),
        (WritesIntoTheBatch, "split restore purity deltas rows order reset_and_resize twin"),
        (HalfReset, "reset_and_resize"),
        (LearnsNanAsZero, "gaps twin"),
        (InfiniteOnHuge, "extremes"),
        (OffByALittle, "twin"),
        (WrongEvidence, "evidence"),
        (EvidenceOfAfterwards, "evidence"),
        (AcceptsAnything, "columns"),
        (CarriesOverRows, "split rows order gaps"),
        (UnknownKind, "declares"),
        (GivesPs, "p twin"),
        (Sprt, ""),
        (KeyedByRow, "rows"),
        (ZeroPs, "p null twin"),
        (TooSure, "null twin"),
        (SinceTheFuture, "evidence"),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_mutant(mutant, noticed):
    name = mutant.__mro__[1].name if mutant.__mro__[1] is not object else mutant.name
    failed = set()
    for check, run in checks(make_of(mutant, name), twin_of(name)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                run()
        except Exception:  # noqa: BLE001  a mutant may fail in any way
            failed.add(check.removeprefix("check_"))
    assert failed == set(noticed.split())


def test_check_detector_raises_what_broke():
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        check_detector(make_of(OffByALittle, "robust"), twin_of("robust"))
    check_detector(make_of(Robust, "robust"), twin_of("robust"))
