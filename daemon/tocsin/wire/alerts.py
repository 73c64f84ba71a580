"""What a person or a receiver is told: alerts and incidents."""

from __future__ import annotations

from typing import Literal

import msgspec

from tocsin.wire.findings import Kind, Mode, Verdict

Status = Literal["firing", "resolved"]


class SeriesEvidence(msgspec.Struct, frozen=True):
    """One series' part in an alert, as it was when it was most unusual.

    The strongest of the alert's kind comes first, then the others by strength. A number that
    is not known is null.
    """

    series: str
    observed: float | None
    expected: float | None
    low: float | None
    high: float | None
    since: str
    return_period_days: float
    detectors: tuple[Verdict, ...]
    recent: tuple[tuple[int, float], ...] = ()


class Alert(msgspec.Struct, frozen=True):
    """One state of one alert. `id` says which, `revision` counts its states.

    Times are RFC 3339 in UTC. `return_period_days` is rounded down to a step a person can
    say (1 2 3 5 7 10 14 21 30 60 90 180 365, and 1 2 3 6 12 hours); `more_than` marks that the
    true one lies beyond what the history can support. `revision` counts from 1. `breadth` says
    how many of the entity's `series_of_entity` series alone are as unusual as was asked for;
    `evidence` holds the strongest.
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
    p_value: float | None
    mode: Mode
    incident_id: str
    breadth: int
    evidence: tuple[SeriesEvidence, ...]
    series_of_entity: int = 1
    schema: str = "tocsin.alert/1"


class Incident(msgspec.Struct, frozen=True):
    """Alerts that belong together: those of one entity that overlap or follow closely.

    Resolved with its last alert; another one within the hold opens it again. `alerts` lists
    the newest, in the order in which they rang.
    """

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
