"""Show: the live view of a running pipeline, at the pace of somebody watching."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.live import Live

from tocsin.alert.words import number, when
from tocsin.roles.compose import All
from tocsin.view.live import Scene, Stream, draw
from tocsin.wire.alerts import Alert, Incident
from tocsin.wire.keys import parse

FRAME_S = 0.1


class Show:
    """Collects alerts; with a view, draws and paces.

    per_second  points that go by in a second; 0: no view, as fast as it goes
    """

    def __init__(self, per_second: float) -> None:
        self.per_second = per_second
        self.live = Live(console=Console(), auto_refresh=False, transient=True)
        self.plain = not self.live.console.encoding.startswith("utf")
        self.alerts: list[Alert] = []
        self.latest: dict[str, Alert] = {}
        self.whole: All | None = None
        self.began = time.perf_counter()
        self.due = 0.0

    def __enter__(self) -> None:
        self.began = time.perf_counter()
        if self.per_second:
            self.live.start()

    def __exit__(self, *_: object) -> None:
        self.live.stop()

    def told(self, alerts: Sequence[Alert], incidents: Sequence[Incident]) -> None:
        del incidents
        self.alerts += alerts
        self.latest.update((a.id, a) for a in alerts)

    def after(self) -> None:
        """Wait until it is the time of this point, then draw if a frame is due."""
        if not self.per_second or self.whole is None:
            return
        n = self.whole.ledger.outcomes()["scored"]
        ahead = n / self.per_second - (time.perf_counter() - self.began)
        if ahead > 0:
            time.sleep(ahead)
        now = time.perf_counter()
        if now >= self.due:
            self.due = now + FRAME_S
            self.live.update(self.scene(self.whole, n), refresh=True)

    def scene(self, whole: All, n: int) -> RenderableType:
        shard = whole.stages.shard
        firing = {a.entity: a for a in whole.stages.desk.firing()}
        streams = []
        for row, key in enumerate(shard.table.keys):
            a = firing.get(shard.table.entities[row].decode())
            told = a.evidence[0] if a and a.evidence else None
            low, high = (told.low, told.high) if told else (None, None)
            nan = float("nan")
            streams.append(
                Stream(
                    name_of(key),
                    shard.recent.values(row),
                    a is not None,
                    nan if low is None else low,
                    nan if high is None else high,
                )
            )
        scene = Scene(
            clock=when(shard.table.watermark)[:16].replace("T", " "),
            points=n,
            per_second=n / max(time.perf_counter() - self.began, 1e-9),
            streams=streams,
            alerts=list(self.latest.values())[::-1],
            n_alerts=len(self.latest),
        )
        return draw(scene, number, plain=self.plain)


def name_of(key: bytes) -> str:
    """A short name for a series of the demo: its file."""
    name, labels = parse(key)
    return labels.get("file", name)
