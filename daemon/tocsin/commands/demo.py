"""`tocsin demo`: real series with known incidents, through the live pipeline."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
import msgspec

from tocsin.config.load import load
from tocsin.config.model import Component, Config, SourceItem
from tocsin.ops.clock import Clock
from tocsin.registry import Installed

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

    from tocsin.roles.compose import All
    from tocsin.view.bundled import Verdict
    from tocsin.wire.alerts import Alert, Incident

EXAMPLES = """\b
Examples:
  tocsin demo
  tocsin demo --fast
"""
SHOWN_S = 25.0  # how long the view takes for all of it
POINTS = 50_000  # about as many as there are
FRAME_S = 0.1
BATCH_BYTES = 2048


class Show:
    """Collects alerts; with a view, draws and paces."""

    def __init__(self, live: Live | None, plain: bool) -> None:
        self.live, self.plain = live, plain
        self.alerts: list[Alert] = []
        self.latest: dict[str, Alert] = {}
        self.whole: All | None = None
        self.began = time.perf_counter()
        self.due = 0.0

    def told(self, alerts: Sequence[Alert], incidents: Sequence[Incident]) -> None:
        del incidents
        self.alerts += alerts
        self.latest.update((a.id, a) for a in alerts)

    def after(self) -> None:
        """Wait until it is the time of this point, then draw if a frame is due."""
        if self.live is None or self.whole is None:
            return
        n = self.whole.ledger.outcomes()["scored"]
        ahead = n / POINTS * SHOWN_S - (time.perf_counter() - self.began)
        if ahead > 0:
            time.sleep(ahead)
        now = time.perf_counter()
        if now >= self.due:
            self.due = now + FRAME_S
            self.live.update(self.scene(self.whole, n), refresh=True)

    def scene(self, whole: All, n: int) -> RenderableType:
        from tocsin.alert.words import number, when  # noqa: PLC0415
        from tocsin.view.live import Scene, Stream, draw  # noqa: PLC0415

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
    from tocsin.wire.keys import parse  # noqa: PLC0415

    name, labels = parse(key)
    return labels.get("file", name)


@click.command(epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="No view: one JSON object at the end.")
@click.option("--fast", is_flag=True, help="No view: as fast as it goes.")
def command(as_json: bool, fast: bool) -> int:
    """Watch eight months of four real series, with incidents whose cause is known.

    Nothing leaves this machine and nothing is written. The detectors see the points one by one
    and never the labels; those are looked at in the end, to say what was caught.
    """
    from tocsin.roles.compose import all_in_one  # noqa: PLC0415  numpy and numba come with it
    from tocsin.view import bundled  # noqa: PLC0415

    viewed = sys.stdout.isatty() and not (as_json or fast)
    if not as_json:
        click.echo("tocsin demo: four real series, nothing configured, nothing leaves this machine")
    live = opened_view() if viewed else None
    show = Show(live, plain=bool(live and not live.console.encoding.startswith("utf")))
    whole = all_in_one(
        configured(), Clock(), checkpoints=False, sinks=(), dead=lambda _records, _rejected: None,
        told=show.told, after=show.after,
    )  # fmt: skip
    show.whole = whole
    lanes = list(whole.inputs.lanes())
    for lane in lanes:
        lane.limit_bytes = BATCH_BYTES if viewed else lane.limit_bytes
    show.began = time.perf_counter()
    try:
        if live is not None:
            live.start()
        whole.engine.run_finite(lanes)
    finally:
        if live is not None:
            live.stop()
        whole.close()
    verdict = bundled.judge(show.alerts, bundled.windows())
    points = whole.ledger.outcomes()["scored"]
    tell(verdict, points, time.perf_counter() - show.began, as_json)
    return 0


def opened_view() -> Live:
    """A view on standard output that works in 80 columns, without color, and over SSH."""
    from rich.console import Console  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415

    return Live(console=Console(), auto_refresh=False, transient=True)


def configured() -> Config:
    """The defaults, over the series that come with the program."""
    from tocsin.view import bundled  # noqa: PLC0415

    paths = [str(p) for p in bundled.files()]
    source = SourceItem("file", {"path": paths}, Component("csv"))
    return msgspec.structs.replace(load(None, Installed()), sources=(source,))


def tell(verdict: Verdict, points: int, seconds: float, as_json: bool) -> None:
    """What was caught, how early, and what rang outside the labels."""
    n = len(verdict.catches)
    rang = len({c.alert.id for c in verdict.catches if c.alert}) + len(verdict.outside)
    if as_json:
        said = {
            "labelled": n,
            "caught": verdict.caught,
            "alerts": rang,
            "outside": len(verdict.outside),
            "points": points,
            "seconds": round(seconds, 3),
        }
        click.echo(msgspec.json.encode(said).decode())
        return
    click.echo(f"\n{points:,} points in {seconds:.1f} s; {verdict.caught} of {n} incidents caught:")
    for c in verdict.catches:
        long = (c.window.last - c.window.first) / 3600
        if c.alert is None:
            click.echo(f"  missed  {c.window.series}, a window of {long:.0f} h")
        else:
            click.echo(f"  caught  {c.window.series}, {c.after_h:.1f} h into its {long:.0f} h")
            click.echo(f"          {c.alert.summary}")
    click.echo(f"{len(verdict.outside)} alerts outside the labels:")
    for a in verdict.outside:
        click.echo(f"  {a.detected_at[:16].replace('T', ' ')}  {a.summary}")
    click.echo("\nNext: tocsin replay your.csv")
