"""What an entity is going through: its series' open episodes, and the alert they have rung.

The calibration owns episodes: a series' episode is open from its first finding until the one
that says it closed. Here they are only added up. The entity's return period is the weighted
mean of its series', X = sum of R / k over k series, which stays a return period however the
series depend on each other. The largest finding of each episode is kept as evidence.
"""

from __future__ import annotations

import base64
import hashlib
import math

import msgspec

from tocsin.alert.incident import Group
from tocsin.alert.severity import severity
from tocsin.alert.words import NS_PER_S, significant, step_down
from tocsin.wire.alerts import Alert
from tocsin.wire.findings import Finding, Kind

ID_BYTES = 16
ID_FORM = b"1"
TOLD_MAX = 64
PICTURES_MAX = 5  # series of an entity whose recent points are kept and sent
Points = tuple[tuple[int, float], ...]


def alert_id(scope: str, key: bytes, kind: Kind, start: int) -> str:
    """What the alert is about, hashed: replays and other workers find the same."""
    about = b"\0".join((ID_FORM, scope.encode(), key, kind.encode(), str(start).encode()))
    digest = hashlib.blake2b(about, digest_size=ID_BYTES).digest()
    return "al_" + base64.b32encode(digest).decode().rstrip("=").lower()


class Part(msgspec.Struct):
    """One series' part: its most unusual finding, and whether it alone reaches the need."""

    finding: Finding
    reaches: bool = False


class Firing(msgspec.Struct):
    """The alert an entity has rung, while it fires.

    need_days      return period that was asked for when it rang
    peak_days      largest return period of the entity since
    supported_days how far the history goes, at most, where it rose
    breadth        series that alone reached the need
    told           the last state that was sent
    """

    kind: Kind
    start: int
    detected: int
    need_days: float
    peak_days: float
    supported_days: float
    breadth: int = 0
    latest: int = 0
    told: Alert | None = None

    def severity(self, series_of_entity: int) -> int:
        """As of the latest finding; never below what was told."""
        found = severity(
            significant(self.peak_days) / self.need_days,
            self.breadth,
            series_of_entity,
            (self.latest - self.start) / NS_PER_S,
        )
        return max(found, self.told.severity) if self.told else found

    @property
    def claim(self) -> tuple[float, bool]:
        """The return period that may be said, and whether the true one lies beyond it."""
        beyond = self.peak_days > self.supported_days
        return step_down(min(self.peak_days, self.supported_days)), beyond

    def has_news(self, series_of_entity: int) -> bool:
        """Whether something a person would care about differs from what was told."""
        told = self.told
        return (
            told is None
            or self.claim[0] > told.return_period_days
            or step_down(self.breadth) > step_down(told.breadth)
            or self.severity(series_of_entity) > told.severity
        )


class Entity(msgspec.Struct):
    """State of one entity that has open episodes, or had an alert not long ago.

    open     return period of each open episode by series, as of its latest finding
    parts    evidence by series, of the open episodes and of those the alert has seen close
    pictures recent points of the strongest of them, of those that alone reach the need; one
             that leads an alert always does, since no mean exceeds its largest member
    rung     newest revision of the entity's last alerts by id: an episode that began in the
             same instant as that of an alert gone by is, by its id, the same alert again
    """

    key: bytes
    series: int = 1
    open: dict[bytes, float] = msgspec.field(default_factory=dict)
    parts: dict[bytes, Part] = msgspec.field(default_factory=dict)
    pictures: dict[bytes, Points] = msgspec.field(default_factory=dict)
    firing: Firing | None = None
    incident: Group | None = None
    rung: dict[str, int] = msgspec.field(default_factory=dict)
    held_back: bool = False

    def note(self, finding: Finding, need_days: float) -> float:
        """Take in a step of an episode; answers the entity's return period in days."""
        days = finding.return_period_days
        if math.isnan(days):
            days = 0.0
        self.series = finding.series_of_entity
        self.open[finding.series] = days
        part = self.parts.get(finding.series)
        if part is None or days > part.finding.return_period_days:
            kept = msgspec.structs.replace(finding, return_period_days=days, recent=())
            if part is None:
                self.parts[finding.series] = Part(kept)
            else:
                part.finding = kept
            if significant(days) >= need_days:
                self._picture(finding)
        return math.fsum(self.open.values()) / max(self.series, len(self.open), 1)

    def _picture(self, finding: Finding) -> None:
        self.pictures[finding.series] = finding.recent
        if len(self.pictures) > PICTURES_MAX:
            strength = {s: self.parts[s].finding.return_period_days for s in self.pictures}
            del self.pictures[min(strength, key=strength.__getitem__)]

    def close(self, series: bytes) -> None:
        """A series' episode is over; what it showed stays as long as an alert fires."""
        self.open.pop(series, None)
        if self.firing is None:
            self.parts.pop(series, None)
            self.pictures.pop(series, None)

    def fire(self, finding: Finding, days: float, need_days: float) -> Firing:
        """Begin an alert: of the kind that has the largest share, since the first episode."""
        lead = max(self.open, key=self.open.__getitem__)
        self.firing = Firing(
            kind=self.parts[lead].finding.kind,
            start=min(self.parts[s].finding.start for s in self.open),
            detected=finding.time,
            need_days=need_days,
            peak_days=days,
            supported_days=finding.supported_days,
        )
        for series in self.open:
            self._reach(series, self.firing)
        return self.firing

    def follow(self, firing: Firing, finding: Finding, days: float) -> None:
        """An alert fires, and here is what it has come to."""
        firing.latest = max(firing.latest, finding.time)
        if days > firing.peak_days:
            firing.peak_days = days
            firing.supported_days = max(firing.supported_days, finding.supported_days)
        self._reach(finding.series, firing)

    def _reach(self, series: bytes, firing: Firing) -> None:
        part = self.parts[series]
        if not part.reaches and significant(self.open[series]) >= firing.need_days:
            part.reaches = True
            firing.breadth += 1

    def rest(self) -> None:
        """The alert is resolved: what it has seen is let go of."""
        self.firing = None
        self.parts.clear()
        self.pictures.clear()

    def revise(self, alert: str) -> int:
        """Number of the next state of an alert."""
        revision = self.rung.pop(alert, 0) + 1
        self.rung[alert] = revision
        while len(self.rung) > TOLD_MAX:
            del self.rung[next(iter(self.rung))]
        return revision

    def evidence(self, kind: Kind, most: int) -> list[Finding]:
        """Strongest finding of each of so many series: those of the alert's kind first."""
        found = [p.finding for p in self.parts.values()]
        found.sort(key=lambda f: (f.kind != kind, -f.return_period_days, f.series))
        return [
            msgspec.structs.replace(f, recent=self.pictures.get(f.series, ())) for f in found[:most]
        ]
