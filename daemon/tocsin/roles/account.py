"""Account: what became of everything in a run over finite input, for machines and for people."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import msgspec

from tocsin.roles.compose import All
from tocsin.wire.alerts import Alert, Incident

EVERY_S = 0.25


class Summary(msgspec.Struct):
    """What `--summary` prints. The six outcomes add up to all readings."""

    records: int
    points: int
    alerts: int
    incidents: int
    seconds: float
    scored: int
    filtered: int
    late: int
    duplicate: int
    dead_lettered: int
    refused: int
    reasons: dict[str, int]
    series: int
    formats: dict[str, str]
    health: str

    def lines(self) -> list[str]:
        """The same for people."""
        rate = self.points / max(self.seconds, 1e-9)
        said = [
            (
                f"{self.points:,} points of {self.series:,} series in {self.seconds:.1f} s "
                f"({rate:,.0f} a second): {counted(self.alerts, 'alert')}, "
                f"{counted(self.incidents, 'incident')}"
            )
        ]
        names = ("filtered", "late", "duplicate", "dead_lettered", "refused")
        rest = {name.replace("_", "-"): getattr(self, name) for name in names}
        if any(rest.values()):
            why = ", ".join(f"{reason} {n:,}" for reason, n in self.reasons.items())
            told = ", ".join(f"{name} {n:,}" for name, n in rest.items() if n)
            said.append(f"not scored: {told}" + (f" ({why})" if why else ""))
        if self.dead_lettered and not self.scored + self.late + self.duplicate + self.filtered:
            tried = ", ".join(sorted(set(self.formats.values())))
            said.append(f"nothing could be read as {tried}; `tocsin formats` lists what there is")
        return [*said, f"budget: {self.health}"]


def counted(n: int, what: str) -> str:
    """`1 alert`, `2 alerts`."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


class Account:
    """Counts alerts and incidents by id, and how fast it goes.

    show  takes a line of progress, some times a second; None: nobody wants to know
    """

    def __init__(self, show: Callable[[str], None] | None) -> None:
        self.show = show
        self.began = time.perf_counter()
        self.due = 0.0
        self.alerts: set[str] = set()
        self.incidents: set[str] = set()
        self.formats: dict[str, str] = {}
        self.whole: All | None = None

    def told(self, alerts: Sequence[Alert], incidents: Sequence[Incident]) -> None:
        self.alerts.update(a.id for a in alerts)
        self.incidents.update(i.id for i in incidents)

    def recognised(self, origin: str, form: str) -> None:
        self.formats[origin] = form

    def after(self) -> None:
        now = time.perf_counter()
        if self.show is None or now < self.due or self.whole is None:
            return
        self.due = now + EVERY_S
        n = self.whole.ledger.outcomes()["scored"]
        rate = n / max(now - self.began, 1e-9)
        self.show(f"{n:,} points, {rate:,.0f} a second, {len(self.alerts)} alerts")

    def summary(self) -> Summary:
        """What became of everything up to now."""
        assert self.whole is not None, "asked after everything is built"
        outcomes = self.whole.ledger.outcomes()
        return Summary(
            records=sum(self.whole.ledger.records.values()),
            points=outcomes["scored"],
            alerts=len(self.alerts),
            incidents=len(self.incidents),
            seconds=round(time.perf_counter() - self.began, 3),
            **outcomes,
            reasons=self.whole.ledger.reasons(),
            series=len(self.whole.stages.shard.table),
            formats=self.formats,
            health=self.whole.stages.desk.health().text,
        )
