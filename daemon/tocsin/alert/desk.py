"""Desk: findings in order become alerts and incidents.

Every decision is a function of the findings in their order and of nothing else: not of how they
were cut into steps, of wall time, or of how far the watermark had come when somebody looked.
(The watermark only dates the books of `health`.) So a replay sends the same states with the
same ids, and no (id, revision) ever has two bodies. What does not ring costs a sum and a
comparison; words are made only for what is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from tocsin.alert import explain, incident
from tocsin.alert.budget import Budget, Entities
from tocsin.alert.episode import Entity, Firing, alert_id
from tocsin.alert.health import Books, Health, health
from tocsin.alert.words import NS_PER_S, significant, when
from tocsin.ops.errors import StateError
from tocsin.ops.limits import ALERTS_OPEN_MAX
from tocsin.wire import keys
from tocsin.wire.alerts import Alert, Incident, Status
from tocsin.wire.findings import Finding

DAY_NS = 86_400 * NS_PER_S
STATE_VERSION = 1
EVIDENCE_MAX = 20
NEARLY = 0.999  # below this share of the need no rounding makes it ring
Positive = Annotated[float, msgspec.Meta(gt=0)]


class DeskParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shapes the desk's decisions.

    budget     false alerts a day that are asked for
    hold_s     a new alert of an entity within this of the last one's end joins its incident
    gap_points the same in usual distances of points: the hold is at least twice as many
    memory_s   how long ids of alerts gone by are remembered
    """

    budget: Budget = Budget()
    hold_s: Positive = 1800.0
    gap_points: int = 15
    memory_s: Positive = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Sent:
    """What one step has to say, in order."""

    alerts: list[Alert] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)


class State(msgspec.Struct):
    """All there is to remember."""

    version: int = STATE_VERSION
    clock: int = -(2**62)
    active: Entities = msgspec.field(default_factory=Entities)
    entities: dict[bytes, Entity] = msgspec.field(default_factory=dict)
    books: Books = msgspec.field(default_factory=Books)
    n_firing: int = 0
    held_back: int = 0


class Desk:
    """One scope's alerts. `scope` names the installation and goes into every id; `need_days` is
    the return period from which on an entity rings, as of now."""

    def __init__(self, params: DeskParams, scope: str) -> None:
        self.params = params
        self.scope = scope
        self._adopt(State())

    def step(self, findings: Sequence[Finding], now: int, since: int | None = None) -> Sent:
        """Take findings in arrival order; `now` is the event-time watermark, `since` the time of
        the first reading there was, in ns. They date the books and decide nothing."""
        sent = Sent()
        if since is not None and since < now:
            self._state.books.seen(since)
        for finding in findings:
            self._take(finding, sent)
        self._state.books.seen(now)
        return sent

    def firing(self) -> list[Alert]:
        """Open alerts as they were last sent, the most severe first."""
        told = [
            e.firing.told
            for e in self._state.entities.values()
            if e.firing is not None and e.firing.told is not None
        ]
        return sorted(told, key=lambda a: (-a.severity, a.starts_at, a.id))

    @property
    def held_back(self) -> int:
        """Alerts that were not sent because too many were open."""
        return self._state.held_back

    def health(self) -> Health:
        """Whether the budget is kept, as of the last step."""
        return health(self._state.books, self.params.budget, self._state.active.count)

    def snapshot(self) -> bytes:
        """Everything `restore` needs to go on as if never interrupted."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, state: bytes) -> None:
        """Adopt a snapshot. StateError for one that cannot be read."""
        try:
            version = msgspec.msgpack.decode(state, type=Version).version
            if version != STATE_VERSION:
                raise StateError(
                    f"desk: state version: expected {STATE_VERSION}, got {version}; "
                    "remove the state to start anew"
                )
            self._adopt(msgspec.msgpack.decode(state, type=State))
        except msgspec.MsgspecError as e:
            raise StateError(f"desk: state: expected a snapshot of the desk, got {e}") from e

    def _adopt(self, state: State) -> None:
        self._state = state
        self._renew_need()

    def _renew_need(self) -> None:
        self.need_days = significant(10.0 ** self.params.budget.need(self._state.active.count))

    def _take(self, finding: Finding, sent: Sent) -> None:
        state = self._state
        if finding.time > state.clock:
            if finding.time // DAY_NS > state.clock // DAY_NS:
                self._forget(finding.time)
            state.clock = finding.time
        if state.active.follow(finding.entities, state.clock // DAY_NS):
            self._renew_need()
        entity = state.entities.get(finding.entity)
        if finding.closed:
            if entity is not None:
                self._close(entity, finding, sent)
            return
        state.books.supports(finding.supported_days, state.clock)
        if entity is None:
            entity = state.entities[finding.entity] = Entity(finding.entity)
        days = entity.note(finding, self.need_days)
        if entity.firing is not None:
            entity.follow(entity.firing, finding, days)
            if entity.firing.has_news(entity.series):
                self._tell(entity, entity.firing, sent)
        elif days > NEARLY * self.need_days and significant(days) >= self.need_days:
            self._ring(entity, finding, days, sent)

    def _ring(self, entity: Entity, finding: Finding, days: float, sent: Sent) -> None:
        state = self._state
        if state.n_firing >= ALERTS_OPEN_MAX:
            state.held_back += not entity.held_back
            entity.held_back = True
            entity.pictures.clear()
            return
        state.n_firing += 1
        firing = entity.fire(finding, days, self.need_days)
        first = alert_id(self.scope, entity.key, firing.kind, firing.start)
        gone_by = entity.incident
        if gone_by is None or firing.start > gone_by.until:
            entity.incident = incident.opened(first, entity.key, when(firing.start))
        if first not in entity.rung:
            state.books.rang(state.clock, entity.key)
        self._tell(entity, firing, sent)

    def _close(self, entity: Entity, finding: Finding, sent: Sent) -> None:
        entity.close(finding.series)
        if entity.open:
            return
        entity.held_back = False
        if entity.firing is not None:
            hold_s = max(self.params.hold_s, 2 * self.params.gap_points * finding.cadence_s)
            self._tell(entity, entity.firing, sent, end=max(finding.time, entity.firing.latest))
            assert entity.incident is not None, "an alert that fires has an incident"
            end = entity.firing.latest
            sent.incidents.append(entity.incident.resolve(end, int(hold_s * NS_PER_S)))
            entity.rest()
            self._state.n_firing -= 1
        elif not entity.rung:
            del self._state.entities[entity.key]

    def _tell(self, entity: Entity, firing: Firing, sent: Sent, *, end: int | None = None) -> None:
        """Send a new state of an alert, and of its incident where that has one."""
        firing.latest = max(firing.latest, firing.detected, end or 0)
        alert = self._alert(entity, firing, end)
        firing.told = alert
        sent.alerts.append(alert)
        assert entity.incident is not None, "an alert that fires has an incident"
        grown = entity.incident.take(alert) if end is None else None
        if grown is not None:
            sent.incidents.append(grown)

    def _alert(self, entity: Entity, firing: Firing, end: int | None) -> Alert:
        """The alert as it stands."""
        status: Status = "firing" if end is None else "resolved"
        days, more_than = firing.claim
        found = explain.evidence(entity.evidence(firing.kind, EVIDENCE_MAX))
        lead = found[0].detectors[0] if found[0].detectors else None
        alert = alert_id(self.scope, entity.key, firing.kind, firing.start)
        assert entity.incident is not None, "an alert that fires has an incident"
        return Alert(
            id=alert,
            revision=entity.revise(alert),
            status=status,
            severity=firing.severity(entity.series),
            kind=firing.kind,
            summary=explain.summary(
                kind=firing.kind,
                status=status,
                lead=found[0],
                days=days,
                more_than=more_than,
                others=firing.breadth - 1,
                lasted_s=(firing.latest - firing.start) / NS_PER_S,
            ),
            entity=entity.key.decode(errors="replace"),
            labels=labels(entity.key),
            starts_at=when(firing.start),
            detected_at=when(firing.detected),
            ends_at=None if end is None else when(end),
            return_period_days=days,
            more_than=more_than,
            p_value=lead.p_value if lead else None,
            mode=lead.mode if lead else "zero_shot",
            incident_id=entity.incident.id,
            breadth=max(firing.breadth, 1),
            evidence=found,
            series_of_entity=max(entity.series, len(entity.parts)),
        )

    def _forget(self, clock: int) -> None:
        """Once a day of event time: let go of entities that have been quiet for long."""
        entities = self._state.entities
        before = clock - int(self.params.memory_s * NS_PER_S)
        for entity in list(entities.values()):
            gone_by = entity.incident.until if entity.incident is not None else before
            if not entity.open and gone_by < before:
                del entities[entity.key]


class Version(msgspec.Struct):
    """What every snapshot has had from the first."""

    version: int


def labels(key: bytes) -> dict[str, str]:
    """Labels of a key as they may be sent; none where it is not a canonical key."""
    try:
        found = keys.parse(key)[1]
    except ValueError:
        return {}
    return {_sendable(k): _sendable(v) for k, v in found.items()}


def _sendable(text: str) -> str:
    return text.encode(errors="replace").decode()
