"""Shard: everything stateful of one partition. Points in, findings out.

What a shard answers is a function of the readings in their order of arrival: not of how they were
cut into batches, not of restarts, not of wall time. Two things happen at fixed places of event
time, before the first reading that reaches them: the calibrations meet (UTC midnight, and 6 and
12 hours after the first reading), and episodes of series that stopped are closed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tocsin.detect.calibrate import Calibration
from tocsin.detect.combine import combine
from tocsin.detect.episodes import Episodes, Told
from tocsin.detect.holdback import Holdback
from tocsin.detect.recent import Recent
from tocsin.detect.series import Admitted, SeriesTable
from tocsin.wire.findings import Finding, Verdict
from tocsin.wire.points import Keys, PointBatch
from tocsin_detectors.contract import F64, I32, I64, Detector, Evidence, Points, Scores

HOUR_NS = 3_600_000_000_000
DAY_NS = 24 * HOUR_NS
AT_ONCE = 65_536  # points a pass, so that its columns stay in the cache
NEVER = np.iinfo(np.int64).max
TABLE_BYTES = 16  # newest time and usual distance of a row; keys apart
DRIFT_SHARE = 0.2  # of the budget goes to tests for weak lasting shifts, the rest to the others
Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Member:
    """A detector, the calibration of its scores, and its share of the budget."""

    detector: Detector
    calibration: Calibration
    weight: float


def weights(detectors: Sequence[Detector]) -> list[float]:
    """Shares of the budget: drift tests `DRIFT_SHARE` together, all others the rest."""
    drift = [d.kind == "drift" for d in detectors]
    n_drift, n = sum(drift), len(drift)
    if n_drift in (0, n):
        return [1.0 / n] * n
    return [DRIFT_SHARE / n_drift if d else (1 - DRIFT_SHARE) / (n - n_drift) for d in drift]


class Shard:
    """One partition's mind.

    members    the detectors with their calibrations, for `rows` series to begin with
    floor_days return period from which on a point is worth a finding
    stopwatch  seconds that only grow, to tell what each detector costs; decides nothing
    table      keyword arguments of the SeriesTable: entity, max_series, evict_after_ns,
               keep_duplicates
    """

    def __init__(
        self,
        members: Sequence[Member],
        *,
        rows: int,
        floor_days: float,
        lateness_ns: int = 0,
        held_max: int = 1_000_000,
        stopwatch: Callable[[], float] = lambda: 0.0,
        **table: Any,
    ) -> None:
        self.members = tuple(members)
        self.weights = np.array([m.weight for m in members])
        self.rows = rows
        self.table = SeriesTable(**table, taken=self._taken, evicted=self._evicted)
        self.episodes = Episodes(rows, floor_days)
        self.recent = Recent(rows)
        self.holdback = Holdback(lateness_ns, held_max) if lateness_ns else None
        self.born = NEVER
        self.next_refresh = NEVER
        self.pending: list[Finding] = []
        self.stopwatch = stopwatch
        self.seconds = {m.detector.name: 0.0 for m in self.members}
        self.failed: dict[str, str] = {}

    def step(self, batch: PointBatch) -> list[Finding]:
        """Readings in arrival order; findings in that order."""
        if self.holdback is not None and len(batch):
            batch = self.holdback.step(batch)
        return self._step(batch)

    def flush(self) -> list[Finding]:
        """The input has ended for good: what was held back for its lateness is given out."""
        held = self.holdback.flush() if self.holdback is not None else None
        return self._step(held) if held is not None else []

    def advance(self, watermark: int) -> list[Finding]:
        """Event time has reached `watermark` without a reading: close what has ended."""
        if watermark >= self.next_refresh:
            return self._boundary(watermark)
        return self._closed(self.episodes.stale(watermark, self.table.cadence), watermark)

    @property
    def bytes_per_series(self) -> int:
        """State of one series, all of it."""
        of_members: int = sum(
            m.detector.bytes_per_row(m.detector.params) + m.calibration.bytes_per_row()
            for m in self.members
        )
        return of_members + Episodes.BYTES_PER_ROW + Recent.BYTES_PER_ROW + TABLE_BYTES

    def drain(self) -> I64:
        """Outcomes since the last call: int64[sources, outcomes]."""
        return self.table.drain()

    def _step(self, batch: PointBatch) -> list[Finding]:
        findings: list[Finding] = []
        at = 0
        while at < len(batch):
            first = int(batch.time[at])
            if self.born == NEVER:
                self.born = first
                self.next_refresh = self._refresh_after(first)
            if first >= self.next_refresh:
                findings += self._boundary(first)
            part = batch.part(slice(at, at + AT_ONCE))
            if int(part.time.max()) >= self.next_refresh:
                part = part.part(slice(0, int(np.argmax(part.time >= self.next_refresh))))
            n = self.table.cut(part)
            findings += self._score(part if n == len(part) else part.part(slice(0, n)))
            at += n
        return findings

    def _score(self, batch: PointBatch) -> list[Finding]:
        admitted = self.table.admit(batch)
        points = admitted.points
        scores = [self._scores(m.detector, points) for m in self.members]
        r = [
            m.calibration.step(points.row, admitted.days, s.score, s.p)
            for m, s in zip(self.members, scores, strict=True)
        ]
        x = combine(r, self.weights)
        told = self.episodes.step(points, x, self.table.cadence)
        findings, self.pending = self.pending, []
        if len(told):
            findings += self._findings(admitted, scores, r, x, told)
        self.recent.push(points)
        return findings

    def _scores(self, detector: Detector, points: Points) -> Scores:
        """A detector that fails on a batch is out of use from there on: it costs its own voice,
        not the shard."""
        if detector.name not in self.failed:
            began = self.stopwatch()
            try:
                return detector.update(points)
            except Exception as e:  # noqa: BLE001  told by whoever watches `failed`
                self.failed[detector.name] = f"{type(e).__name__}: {e}"
            finally:
                self.seconds[detector.name] += self.stopwatch() - began
        silent = np.full(len(points), np.nan)
        return Scores(silent, silent)

    def _findings(
        self, admitted: Admitted, scores: list[Scores], r: list[F64], x: F64, told: Told
    ) -> list[Finding]:
        """In arrival order, which the grouping of the batch must not show through."""
        points = admitted.points
        step = told.at[told.is_step]
        at_step = step.tolist()
        evidence = [
            [] if m.detector.name in self.failed else m.detector.explain(at_step)
            for m in self.members
        ]
        place = {i: k for k, i in enumerate(at_step)}
        found: list[tuple[int, Finding]] = []
        for at, is_step, start, peak in told:
            row = int(points.row[at])
            verdicts: tuple[Verdict, ...] = ()
            if is_step:
                k = place[at]
                of = [
                    (s.score[at], rj[at], e[k] if e else None)
                    for s, rj, e in zip(scores, r, evidence, strict=True)
                ]
                verdicts = self._verdicts(row, of)
            finding = self._finding(
                row,
                time=int(points.time[at]),
                start=start,
                days=10.0 ** float(x[at]) if is_step else 0.0,
                peak=10.0**peak,
                closed=not is_step,
                verdicts=verdicts,
                recent=self.recent.before(points, at) if is_step else (),
            )
            found.append((int(admitted.at[at]), finding))
        return [f for _, f in sorted(found, key=lambda pair: pair[0])]

    def _finding(
        self,
        row: int,
        *,
        time: int,
        start: int,
        days: float,
        peak: float,
        closed: bool,
        verdicts: tuple[Verdict, ...] = (),
        recent: tuple[tuple[int, float], ...] = (),
    ) -> Finding:
        entity = self.table.entities[row]
        return Finding(
            series=self.table.keys[row],
            entity=entity,
            kind=verdicts[0].kind if verdicts else "anomaly",
            time=time,
            start=start,
            return_period_days=days,
            peak_days=peak,
            closed=closed,
            series_of_entity=self.table.members[entity],
            entities=len(self.table.members),
            supported_days=max(m.calibration.supported_days(row) for m in self.members),
            verdicts=verdicts,
            cadence_s=float(self.table.cadence[row]) / 1e9,
            recent=recent,
        )

    def _verdicts(
        self, row: int, of: Sequence[tuple[float, float, Evidence | None]]
    ) -> tuple[Verdict, ...]:
        """One a detector that answered, the one with the largest part in the mean first."""
        ranked: list[tuple[float, Verdict]] = []
        for m, (score, r, e) in zip(self.members, of, strict=True):
            if e is None or math.isnan(r):  # no answer
                continue
            days = 10.0 ** float(r) if r > -8 else 0.0
            verdict = Verdict(
                detector=m.detector.name,
                kind=m.detector.kind,
                mode=m.calibration.mode(row),
                score=float(score),
                p_value=m.calibration.p_value(row, float(score), float(r)),
                return_period_days=days,
                observed=e.observed,
                expected=e.expected,
                low=e.low,
                high=e.high,
                since=e.since,
                note=e.note,
            )
            ranked.append((-m.weight * days, verdict))
        return tuple(v for _, v in sorted(ranked, key=lambda pair: pair[0]))

    def _boundary(self, time: int) -> list[Finding]:
        """Event time has reached a place where the calibrations meet."""
        findings = self._closed(self.episodes.stale(time, self.table.cadence), time)
        for m in self.members:
            m.calibration.refresh()
        self.next_refresh = self._refresh_after(time)
        return findings

    def _refresh_after(self, time: int) -> int:
        early = [self.born + h * HOUR_NS for h in (6, 12)]
        midnight = (time // DAY_NS + 1) * DAY_NS
        return min(t for t in (*early, midnight) if t > time)

    def _closed(self, rows: Sequence[int], time: int) -> list[Finding]:
        of = self.episodes
        return [
            self._finding(
                r,
                time=time,
                start=int(of.start[r]),
                days=0.0,
                peak=float(10.0 ** of.peak[r]),
                closed=True,
            )
            for r in rows
        ]

    def _taken(self, row: I32, key: npt.NDArray[np.uint64]) -> None:
        """Rows newly given out: room for them, and nothing left of who had them before."""
        if int(row.max()) >= self.rows:
            self.rows = max(len(self.table.newest), int(row.max()) + 1)
            for m in self.members:
                m.detector.resize(self.rows)
                m.calibration.resize(self.rows)
            self.episodes.resize(self.rows)
            self.recent.resize(self.rows)
        for m in self.members:
            m.detector.reset(row, key)
            m.calibration.reset(row)
        self.episodes.reset(row)
        self.recent.reset(row)

    def _evicted(self, row: I32) -> None:
        """Rows about to be taken back: their announced episodes end here."""
        open_rows = [int(r) for r in row if self.episodes.announced[r]]
        self.pending += self._closed(open_rows, self.table.watermark)
        for m in self.members:
            m.calibration.reset(row)  # so that no pool counts them any more

    def snapshot(self) -> tuple[Arrays, dict[str, Any]]:
        """Named arrays, and what they were shaped by."""
        arrays = {f"table.{k}": a for k, a in self.table.snapshot().items()}
        rows = np.arange(len(self.table.keys), dtype=np.int32)
        arrays |= {f"episodes.{k}": a for k, a in self.episodes.snapshot(rows).items()}
        arrays |= {f"recent.{k}": a for k, a in self.recent.snapshot(rows).items()}
        if self.holdback is not None:
            arrays |= {f"holdback.{k}": a for k, a in self.holdback.snapshot().items()}
        for m in self.members:
            name = m.detector.name
            arrays |= {f"detector.{name}.{k}": a for k, a in m.detector.snapshot(rows).items()}
            arrays |= {
                f"calibration.{name}.{k}": a for k, a in m.calibration.snapshot(rows).items()
            }
        meta = {
            "born": self.born,
            "next_refresh": self.next_refresh,
            "rows": self.rows,
            "shape": {m.detector.name: shape(m.detector) for m in self.members},
        }
        return arrays, meta

    def restore(self, arrays: Mapping[str, Any], meta: Mapping[str, Any], keys: Keys) -> list[str]:
        """Adopt a snapshot; answers the detectors that start cold, because what shaped their
        state has changed. Held readings go into the dictionary `keys`."""

        def of(prefix: str) -> Arrays:
            return {k[len(prefix) :]: a for k, a in arrays.items() if k.startswith(prefix)}

        self.table.restore(of("table."))
        rows = np.arange(len(self.table.keys), dtype=np.int32)
        if rows.size:
            self._taken(rows, self.table.hashes(rows))
        self.born, self.next_refresh = meta["born"], meta["next_refresh"]
        self.episodes.restore(of("episodes."), rows)
        self.recent.restore(of("recent."), rows)
        if self.holdback is not None and (held := of("holdback.")):
            self.holdback.restore(held, keys)
        cold: list[str] = []
        for m in self.members:
            name = m.detector.name
            if meta["shape"].get(name) != shape(m.detector):
                cold.append(name)
                continue
            m.detector.restore(of(f"detector.{name}."), rows)
            m.calibration.restore(of(f"calibration.{name}."), rows)
        return cold


def shape(detector: Detector) -> str:
    """What shapes a detector's state: its schema and its parameters."""
    params = msgspec.json.encode(detector.params, order="sorted").decode()
    return f"{detector.name}/{detector.schema} {params}"
