"""The labelled series that come with the program, and what an alert means against their labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from tocsin.wire.alerts import Alert

SERIES = Path(__file__).parent / "series"
HOUR_S = 3600.0


class Window(NamedTuple):
    """A labelled stretch of one series; times in seconds since the Unix epoch, both inside."""

    series: str
    first: float
    last: float


class Catch(NamedTuple):
    """A labelled window and the first alert in it; `after_h` hours from the window's start."""

    window: Window
    alert: Alert | None
    after_h: float


class Verdict(NamedTuple):
    """What rang, what was caught, and what rang outside the labels."""

    rang: list[Alert]
    catches: list[Catch]
    outside: list[Alert]

    @property
    def caught(self) -> int:
        return sum(c.alert is not None for c in self.catches)


def files() -> list[Path]:
    """The series, in name order."""
    return sorted(SERIES.glob("*.csv.gz"))


def windows() -> list[Window]:
    """All labelled windows, by series and time."""
    labelled = msgspec.json.decode(
        (SERIES / "windows.json").read_bytes(), type=dict[str, list[tuple[str, str]]]
    )
    return [
        Window(name, *map(moment, pair))
        for name, pairs in sorted(labelled.items())
        for pair in sorted(pairs)
    ]


def moment(text: str) -> float:
    """A timestamp without a zone, as the labels have it: seconds since the Unix epoch."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def judge(alerts: Iterable[Alert], labelled: Sequence[Window]) -> Verdict:
    """Alerts (any of their states) against the windows, by the time they began to ring."""
    first: dict[str, Alert] = {}
    for a in alerts:
        if a.id not in first or a.revision < first[a.id].revision:
            first[a.id] = a
    rang = sorted(first.values(), key=lambda a: (a.detected_at, a.id))
    catches, used = [], set()
    for w in labelled:
        hits = [a for a in rang if a.labels.get("file") == w.series and _inside(a, w)]
        used |= {a.id for a in hits}
        after = (seconds(hits[0]) - w.first) / HOUR_S if hits else 0.0
        catches.append(Catch(w, hits[0] if hits else None, after))
    return Verdict(rang, catches, [a for a in rang if a.id not in used])


def seconds(alert: Alert) -> float:
    """When an alert began to ring."""
    return datetime.fromisoformat(alert.detected_at).timestamp()


def _inside(alert: Alert, window: Window) -> bool:
    return window.first <= seconds(alert) <= window.last
