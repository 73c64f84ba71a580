"""Incidents: the alerts of one entity that overlap or follow each other closely.

An incident opens with its first alert, grows with each further one, and is resolved with the
last. It is resolved at once and not after the hold: waiting would make its states depend on
when somebody looked. A further alert within the hold opens it again.
"""

from __future__ import annotations

import msgspec

from tocsin.alert.words import name, when
from tocsin.wire.alerts import Alert, Incident

ALERTS_MAX = 64


class Group(msgspec.Struct):
    """State of one incident.

    alerts   ids of the newest of its alerts, in the order in which they rang; n: of all
    worst    summary of the most severe, which the incident's own leads with
    until    event time up to which a further alert belongs to it, once resolved
    """

    id: str
    entity: bytes
    starts_at: str
    revision: int = 0
    severity: int = 0
    worst: str = ""
    alerts: list[str] = msgspec.field(default_factory=list)
    n: int = 0
    end: int | None = None
    until: int = 0

    def take(self, alert: Alert) -> Incident | None:
        """A new state of one of its alerts; answers the incident's, where it has one."""
        news = self.end is not None or alert.severity > self.severity
        if alert.id not in self.alerts:
            news = True
            self.alerts.append(alert.id)
            self.n += 1
            del self.alerts[:-ALERTS_MAX]
        if alert.severity > self.severity or len(self.alerts) == 1:
            self.severity, self.worst = max(self.severity, alert.severity), alert.summary
        self.end = None
        return self._state() if news else None

    def resolve(self, end: int, hold_ns: int) -> Incident:
        """Its last alert is resolved."""
        self.end, self.until = end, end + hold_ns
        return self._state()

    def _state(self) -> Incident:
        self.revision += 1
        several = f"{name(self.entity)}: {self.n} alerts since {self.starts_at}, the worst: "
        return Incident(
            id=self.id,
            revision=self.revision,
            status="open" if self.end is None else "resolved",
            severity=self.severity,
            summary=several + self.worst if self.n > 1 else self.worst,
            entity=self.entity.decode(errors="replace"),
            starts_at=self.starts_at,
            ends_at=None if self.end is None else when(self.end),
            alerts=tuple(self.alerts),
        )


def opened(alert_id: str, entity: bytes, starts_at: str) -> Group:
    """An incident that begins with this alert, whose id it shares."""
    return Group(id="in_" + alert_id.removeprefix("al_"), entity=entity, starts_at=starts_at)
