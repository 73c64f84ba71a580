"""The live view: streams with their newest points, and what rings, in 80 columns by 24 lines."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tocsin.wire.alerts import Alert

BLOCKS = "▁▂▃▄▅▆▇█"
PLAIN = "_.,-=+*#"
COLORS = {1: "cyan", 2: "cyan", 3: "yellow", 4: "red", 5: "bold red"}
ALERTS_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Stream:
    """One series as it is shown: newest points last; `low` and `high` are what was expected
    when it last rang, NaN before."""

    name: str
    values: Sequence[float]
    rings: bool
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True, slots=True)
class Scene:
    """All there is to draw."""

    clock: str
    points: int
    per_second: float
    streams: Sequence[Stream]
    alerts: Sequence[Alert]
    n_alerts: int


def spark(values: Sequence[float], *, plain: bool = False) -> str:
    """Values as blocks, scaled to their own range; a blank where there is none."""
    blocks = PLAIN if plain else BLOCKS
    there = [v for v in values if math.isfinite(v)]
    if not there:
        return ""
    low, span = min(there), max(there) - min(there)
    return "".join(
        blocks[min(len(blocks) - 1, int((v - low) / span * len(blocks))) if span > 0 else 0]
        if math.isfinite(v)
        else " "
        for v in values
    )


def draw(scene: Scene, number: Callable[[float], str], *, plain: bool = False) -> RenderableType:
    """The whole view. `number` writes a number for people."""
    streams = Table.grid(padding=(0, 1), expand=True)
    for ratio, justify in ((5, "left"), (5, "left"), (2, "right"), (4, "left")):
        streams.add_column(ratio=ratio, justify=justify, no_wrap=True, overflow="ellipsis")  # type: ignore[arg-type]
    for s in scene.streams:
        band = f"{number(s.low)} to {number(s.high)}" if math.isfinite(s.low) else ""
        streams.add_row(
            Text(s.name, style="bold red" if s.rings else ""),
            Text(spark(s.values, plain=plain), style="red" if s.rings else "green"),
            number(s.values[-1]) if s.values else "",
            Text(f"rings, expected {band}" if s.rings and band else "quiet", style="dim"),
        )
    head = Text.assemble(
        (scene.clock, "bold"),
        f"   {scene.points:,} points, {scene.per_second:,.0f} a second",
        f"   {scene.n_alerts} alerts so far",
    )
    told = [_line(a) for a in scene.alerts[:ALERTS_SHOWN]] or [Text("nothing rings", style="dim")]
    return Group(
        head,
        Panel(streams, title="streams", title_align="left", border_style="dim"),
        Panel(Group(*told), title="newest alerts", title_align="left", border_style="dim"),
    )


def _line(alert: Alert) -> Text:
    style = COLORS[alert.severity] if alert.status == "firing" else "dim"
    return Text.assemble(
        (f"{alert.severity} ", style), (alert.starts_at[:16].replace("T", " "), "dim"), " ",
        alert.summary,
    )  # fmt: skip
