"""Telling: what is found at a point becomes a finding, as things stood at that point.

State has moved on by the end of a batch; whatever a finding says of it is taken back to the
point, so that the cut of the batch does not show.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin.detect.episodes import Episodes, Told
from tocsin.detect.member import Member
from tocsin.detect.recent import Recent
from tocsin.detect.series import GROUP_FROM, Admitted, SeriesTable
from tocsin.wire.findings import Finding, Verdict
from tocsin_detectors.contract import F64, Evidence, Points, Scores

EVER = 2**62  # after every position of a batch


@dataclass(frozen=True, slots=True)
class Judged:
    """A batch and what every member said of it: scores, log10 days, explanations by position."""

    admitted: Admitted
    scores: Sequence[Scores]
    r: Sequence[F64]
    evidence: Sequence[dict[int, Evidence]]


class Telling:
    """Makes the findings of one shard; reads its parts, changes none. Only what may ring by
    itself, from `need_days` on, brings its recent points along: the lead of an alert does."""

    def __init__(
        self,
        members: Sequence[Member],
        table: SeriesTable,
        episodes: Episodes,
        recent: Recent,
        need_days: float,
    ) -> None:
        self.members = tuple(members)
        self.need = math.log10(need_days)
        self.table, self.episodes, self.recent = table, episodes, recent

    def steps(
        self, admitted: Admitted, scores: Sequence[Scores], r: Sequence[F64], x: F64, told: Told
    ) -> list[Finding]:
        """Findings of a batch, in arrival order, which its grouping must not show through."""
        at = told.at[told.is_step]
        evidence = [
            dict(zip(at.tolist(), m.detector.explain(at.tolist()), strict=True))
            if np.isfinite(rj[at]).any()  # a detector that failed has nothing to explain
            else {}
            for m, rj in zip(self.members, r, strict=True)
        ]
        judged = Judged(admitted, scores, r, evidence)
        found = []
        for i, is_step, time, start, peak in told:
            position = int(admitted.at[i])
            finding = self._finding(
                int(admitted.points.row[i]),
                position,
                time=time,
                start=start,
                return_period_days=10.0 ** float(x[i]) if is_step else 0.0,
                peak_days=10.0**peak,
                closed=not is_step,
                cadence_s=float(admitted.usual[i]) / 1e9,
                recent=self.recent.before(admitted.points, i) if x[i] >= self.need else (),
                **(self._said(judged, i) if is_step else {}),
            )
            found.append((position, finding))
        return [f for _, f in sorted(found, key=lambda pair: pair[0])]

    def ended(self, rows: Sequence[int], time: int) -> list[Finding]:
        """Announced episodes that end without a point of their own, `time` at the latest."""
        of = self.episodes
        return [
            self._finding(
                row,
                EVER,
                time=min(time, of.due(row, float(self.table.cadence[row]))),
                start=int(of.start[row]),
                return_period_days=0.0,
                peak_days=float(10.0 ** of.peak[row]),
                closed=True,
            )
            for row in rows
        ]

    def _finding(self, row: int, position: int, **said: Any) -> Finding:
        entity = self.table.entities[row]
        series_of_entity, entities = self.table.counted(entity, position)
        fields: dict[str, Any] = {
            "kind": "anomaly",
            "supported_days": 0.0,
            "verdicts": (),
            "recent": (),
            "cadence_s": float(self.table.cadence[row]) / 1e9,
        }
        return Finding(
            series=self.table.keys[row],
            entity=entity,
            series_of_entity=series_of_entity,
            entities=entities,
            **(fields | said),
        )

    def _said(self, of: Judged, at: int) -> dict[str, Any]:
        """What the members say of one point, the one with the largest part in the mean first."""
        points = of.admitted.points
        row = int(points.row[at])
        later = after(points, at)
        ranked: list[tuple[float, Verdict]] = []
        supported = 0.0
        for m, s, r, evidence in zip(self.members, of.scores, of.r, of.evidence, strict=True):
            if not evidence or math.isnan(r[at]):
                continue
            n, days = 0, 0.0
            if later.size:  # seldom, and slow
                scored = later[np.isfinite(s.score[later])]
                n, days = scored.size, float(of.admitted.days[scored].sum())
            supported = max(supported, m.calibration.supported_days(row, n, days))
            verdict = self._verdict(m, of, (row, at, n), evidence[at])
            ranked.append((-m.weight * verdict.return_period_days, verdict))
        verdicts = tuple(v for _, v in sorted(ranked, key=lambda pair: pair[0]))
        return {
            "kind": verdicts[0].kind if verdicts else "anomaly",
            # what came later was taken off a sum: the last digits depend on the cut
            "supported_days": float(f"{supported:.6g}"),
            "verdicts": verdicts,
        }

    def _verdict(self, m: Member, of: Judged, where: tuple[int, int, int], e: Evidence) -> Verdict:
        row, at, later = where
        k = self.members.index(m)
        r, days = float(of.r[k][at]), float(of.admitted.days[at])
        return Verdict(
            detector=m.detector.name,
            kind=m.detector.kind,
            mode=m.calibration.mode(row, later),
            score=float(of.scores[k].score[at]),
            p_value=m.calibration.p_value(row, r, days, float(of.scores[k].p[at])),
            return_period_days=10.0**r if r > -8 else 0.0,
            observed=e.observed,
            expected=e.expected,
            low=e.low,
            high=e.high,
            since=e.since,
            note=e.note,
        )


def after(points: Points, at: int) -> npt.NDArray[np.intp]:
    """Positions of the points of the same row that come after one in its batch."""
    row = points.row
    if row.size >= GROUP_FROM:
        end = at + 1
        while end < row.size and row[end] == row[at]:
            end += 1
        return np.arange(at + 1, end)
    return np.flatnonzero(row[at + 1 :] == row[at]) + at + 1
