"""Shard: everything stateful of one partition. Points in, findings out.

What a shard answers is a function of the readings in their order of arrival: not of how they were
cut into batches, not of restarts, not of wall time. Two things happen at fixed places of event
time, before the first reading that reaches them: the calibrations meet (UTC midnight, and 6 and
12 hours after the first reading), and episodes of series that stopped are closed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tocsin.detect.combine import combine
from tocsin.detect.episodes import Episodes
from tocsin.detect.holdback import Holdback
from tocsin.detect.member import Member
from tocsin.detect.recent import Recent
from tocsin.detect.series import SeriesTable, hashes
from tocsin.detect.telling import Telling
from tocsin.wire.findings import Finding
from tocsin.wire.points import Keys, PointBatch
from tocsin_detectors.contract import I32, I64, Detector, Points, Scores

HOUR_NS = 3_600_000_000_000
DAY_NS = 24 * HOUR_NS
AT_ONCE = 131_072  # points a pass; more in a pass means rows of it lie closer together
NEVER = np.iinfo(np.int64).max
FLOOR = 0.2  # of the need: below it a series changes no alert of its entity by much
TABLE_BYTES = 16  # newest time and usual distance of a row; keys apart
Arrays = dict[str, npt.NDArray[Any]]


class Shard:
    """One partition's mind.

    members    the detectors with their calibrations, for `rows` series to begin with
    need_days  return period at which an entity rings
    stopwatch  seconds that only grow, to tell what each detector costs; decides nothing
    table      keyword arguments of the SeriesTable: entity, max_series, evict_after_ns,
               keep_duplicates
    """

    def __init__(
        self,
        members: Sequence[Member],
        *,
        rows: int,
        need_days: float,
        lateness_ns: int = 0,
        held_max: int = 1_000_000,
        stopwatch: Callable[[], float] = lambda: 0.0,
        **table: Any,
    ) -> None:
        self.members = tuple(members)
        self.weights = np.array([m.weight for m in members])
        self.rows = rows
        self.table = SeriesTable(**table, taken=self._taken, evicted=self._evicted)
        self.episodes = Episodes(rows, FLOOR * need_days, need_days)
        self.recent = Recent(rows)
        self.holdback = Holdback(lateness_ns, held_max) if lateness_ns else None
        self.telling = Telling(self.members, self.table, self.episodes, self.recent, need_days)
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
        return self.telling.ended(self.episodes.stale(watermark, self.table.cadence), watermark)

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
        told = self.episodes.step(points, x, admitted.usual)
        findings, self.pending = self.pending, []
        if len(told):
            findings += self.telling.steps(admitted, scores, r, x, told)
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

    def _boundary(self, time: int) -> list[Finding]:
        """Event time has reached a place where the calibrations meet."""
        findings = self.telling.ended(self.episodes.stale(time, self.table.cadence), time)
        for m in self.members:
            m.calibration.refresh()
        self.next_refresh = self._refresh_after(time)
        return findings

    def _refresh_after(self, time: int) -> int:
        early = [self.born + h * HOUR_NS for h in (6, 12)]
        midnight = (time // DAY_NS + 1) * DAY_NS
        return min(t for t in (*early, midnight) if t > time)

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
        open_rows = [int(r) for r in row if self.episodes.level[r]]
        self.pending += self.telling.ended(open_rows, self.table.watermark)
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
            self._taken(rows, hashes(self.table.keys))
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
