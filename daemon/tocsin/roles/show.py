"""Show: the live view of a running pipeline, at the pace of somebody watching."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from rich.console import Console, RenderableType
from rich.live import Live

from tocsin.alert.words import number, when
from tocsin.roles.compose import All
from tocsin.view.live import Scene, Stream, draw
from tocsin.wire.alerts import Alert, Incident
from tocsin.wire.keys import parse

FRAME_S = 0.1
PAST = 36  # frames a stream is shown back


class Show:
    """Collects alerts; with a view, draws and paces.

    per_second  points that go by in a second; 0: no view, as fast as it goes
    picture     keep the frame in which most rings, for `save`
    """

    def __init__(self, per_second: float, *, picture: bool = False) -> None:
        self.per_second, self.picture = per_second, picture
        self.live = Live(console=Console(), auto_refresh=False, transient=True)
        self.plain = not (picture or self.live.console.encoding.startswith("utf"))
        self.alerts: list[Alert] = []
        self.latest: dict[str, Alert] = {}
        self.past: dict[int, deque[float]] = {}
        self.newest: dict[int, int] = {}
        self.whole: All | None = None
        self.began = time.perf_counter()
        self.due = 0.0
        self.most = 0
        self.best: RenderableType = ""

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
        if self.whole is None or not (self.per_second or self.picture):
            return
        n = self.whole.ledger.outcomes()["scored"]
        if self.per_second:
            time.sleep(max(0.0, n / self.per_second - (time.perf_counter() - self.began)))
        now = time.perf_counter()
        if now < self.due and not self.picture:
            return
        self.due = now + FRAME_S
        scene = self.scene(self.whole, n)
        if self.per_second:
            self.live.update(draw(scene, number, plain=self.plain), refresh=True)
        rings = 1000 * sum(s.rings for s in scene.streams) + len(scene.streams)
        if self.picture and rings > self.most:
            self.most, self.best = rings, draw(scene, number)

    def scene(self, whole: All, n: int) -> Scene:
        """The moment: what every stream did lately, and what rings."""
        shard = whole.stages.shard
        firing = {a.entity: a for a in whole.stages.desk.firing()}
        streams = []
        for row, key in enumerate(shard.table.keys):
            newest = int(shard.table.newest[row])
            if newest != self.newest.get(row):
                self.past.setdefault(row, deque(maxlen=PAST)).extend(shard.recent.values(row)[-1:])
            self.newest[row] = newest
            alert = firing.get(shard.table.entities[row].decode())
            lead = alert.evidence[0] if alert and alert.evidence else None
            band = (math.nan if x is None else x for x in (lead.low, lead.high)) if lead else ()
            past = list(self.past.get(row, ()))
            streams.append(Stream(name_of(key), past, alert is not None, *band))
        return Scene(
            clock=when(shard.table.watermark)[:16].replace("T", " "),
            points=n,
            per_second=n / max(time.perf_counter() - self.began, 1e-9),
            streams=streams,
            alerts=list(self.latest.values())[::-1],
            n_alerts=len(self.latest),
        )

    def save(self, path: Path) -> None:
        """The frame in which most rang, as SVG."""
        console = Console(record=True, width=100, file=StringIO(), force_terminal=True)
        console.print(self.best)
        console.save_svg(str(path), title="tocsin demo")


def name_of(key: bytes) -> str:
    """A short name for a series of the demo: its file."""
    name, labels = parse(key)
    return labels.get("file", name)
