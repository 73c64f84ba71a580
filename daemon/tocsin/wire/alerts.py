"""What a person or a receiver is told: alerts and incidents."""

from __future__ import annotations

from typing import Literal

import msgspec

from tocsin.wire.findings import Kind, Verdict

Status = Literal["firing", "resolved"]


class SeriesEvidence(msgspec.Struct, frozen=True):
    """One series' part in an alert; the strongest comes first."""

    series: str
    observed: float
    expected: float
    low: float
    high: float
    since: str
    return_period_days: float
    detectors: tuple[Verdict, ...]
    recent: tuple[tuple[int, float], ...] = ()


class Alert(msgspec.Struct, frozen=True):
    """One state of one alert. `id` says which, `revision` counts its states.

    Times are RFC 3339 in UTC. `return_period_days` is rounded down to a step a person can
    say (1 2 3 5 7 10 14 21 30 60 90 180 365); `more_than` marks that the true one lies beyond
    what the history can support.
    """

    id: str
    revision: int
    status: Status
    severity: int
    kind: Kind
    summary: str
    entity: str
    labels: dict[str, str]
    starts_at: str
    detected_at: str
    ends_at: str | None
    return_period_days: float
    more_than: bool
    p_value: float
    mode: str
    incident_id: str
    breadth: int
    evidence: tuple[SeriesEvidence, ...]
    schema: str = "tocsin.alert/1"


class Incident(msgspec.Struct, frozen=True):
    """Alerts that belong together: overlapping ones of one entity."""

    id: str
    revision: int
    status: Literal["open", "resolved"]
    severity: int
    summary: str
    entity: str
    starts_at: str
    ends_at: str | None
    alerts: tuple[str, ...]
    schema: str = "tocsin.incident/1"
