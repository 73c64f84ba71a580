"""`tocsin replay`: the same pipeline over files, as fast as it goes."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from tocsin.config.load import load
from tocsin.config.model import Component, Config, SourceItem
from tocsin.ops.clock import Clock
from tocsin.ops.errors import InputMissing, InputRefused
from tocsin.registry import Installed

if TYPE_CHECKING:
    from tocsin.roles.compose import All
    from tocsin.wire.alerts import Alert, Incident

EXAMPLES = """\b
Examples:
  tocsin replay cpu.csv memory.csv.gz | jq .summary
  kubectl logs exporter | tocsin replay - --format json --summary
"""
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
    health: str


class Progress:
    """Counts what was sent, and shows on a terminal how far it has come."""

    def __init__(self, shown: bool) -> None:
        self.shown = shown
        self.began = time.perf_counter()
        self.due = 0.0
        self.alerts: set[str] = set()
        self.incidents: set[str] = set()
        self.whole: All | None = None

    def told(self, alerts: Sequence[Alert], incidents: Sequence[Incident]) -> None:
        self.alerts.update(a.id for a in alerts)
        self.incidents.update(i.id for i in incidents)

    def after(self) -> None:
        now = time.perf_counter()
        if not self.shown or now < self.due or self.whole is None:
            return
        self.due = now + EVERY_S
        n = self.whole.ledger.outcomes()["scored"]
        rate = n / max(now - self.began, 1e-9)
        click.echo(
            f"\r{n:,} points, {rate:,.0f} a second, {len(self.alerts)} alerts ", err=True, nl=False
        )


def summary(whole: All, progress: Progress) -> Summary:
    """What became of everything."""
    outcomes = whole.ledger.outcomes()
    return Summary(
        records=sum(whole.ledger.records.values()),
        points=outcomes["scored"],
        alerts=len(progress.alerts),
        incidents=len(progress.incidents),
        seconds=round(time.perf_counter() - progress.began, 3),
        **outcomes,
        reasons=whole.ledger.reasons(),
        series=len(whole.stages.shard.table),
        health=whole.stages.desk.health().text,
    )


def lines(s: Summary) -> list[str]:
    """The summary for people."""
    rate = s.points / max(s.seconds, 1e-9)
    said = [
        (
            f"{s.points:,} points of {s.series:,} series in {s.seconds:.1f} s "
            f"({rate:,.0f} a second): {s.alerts} alerts, {s.incidents} incidents"
        ),
    ]
    rest = {k: getattr(s, k) for k in ("filtered", "late", "duplicate", "dead_lettered", "refused")}
    if any(rest.values()):
        why = ", ".join(f"{reason} {n:,}" for reason, n in s.reasons.items())
        told = ", ".join(f"{k.replace('_', '-')} {n:,}" for k, n in rest.items() if n)
        said.append(f"not scored: {told}" + (f" ({why})" if why else ""))
    said.append(f"budget: {s.health}")
    return said


def sources(inputs: Sequence[str], form: str | None) -> tuple[SourceItem, ...]:
    """The inputs of a command line as source items; `-` is standard input."""
    fmt = Component(form) if form else None
    files = [i for i in inputs if i != "-"]
    for name in files:
        if not any(c in name for c in "*?[") and not Path(name).exists():
            raise InputMissing(f"{name}: no such file; check the path, or quote a pattern")
    items = [SourceItem("file", {"path": files}, fmt)] if files else []
    return (*items, SourceItem("stdin", {}, fmt)) if "-" in inputs else tuple(items)


@click.command(epilog=EXAMPLES)
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-c", "--config", "path", type=click.Path(path_type=Path), help="Configuration.")
@click.option("--format", "form", metavar="NAME", help="Format of all inputs, if not recognised.")
@click.option("--summary", "only_summary", is_flag=True, help="One JSON object, no alerts.")
@click.option("--incidents", is_flag=True, help="Write incidents, too, between the alerts.")
@click.option("--strict", is_flag=True, help="End with 65 if a record could not be used.")
@click.option(
    "--dead-letters",
    type=click.Path(path_type=Path),
    help="Keep what could not be used in this file.",
)
@click.option(
    "--state", type=click.Path(path_type=Path), help="Go on from, and write to, this folder."
)
@click.option("-q", "--quiet", is_flag=True, help="No text on standard error.")
def command(  # noqa: PLR0913  the options of a command line
    *,
    inputs: tuple[str, ...],
    path: Path | None,
    form: str | None,
    only_summary: bool,
    incidents: bool,
    strict: bool,
    dead_letters: Path | None,
    state: Path | None,
    quiet: bool,
) -> int:
    """Read INPUTs (files, patterns, - for standard input) to their end.

    Alerts go to standard output as JSON lines, progress and what became of everything to
    standard error. Files are merged by event time. The same input gives the same alerts.
    """
    from tocsin.ingest.dead import DeadFile  # noqa: PLC0415  numpy and numba come with these
    from tocsin.roles.compose import all_in_one  # noqa: PLC0415

    config = _config(path, inputs, form, state)
    progress = Progress(sys.stderr.isatty() and not quiet)
    whole = all_in_one(
        config,
        Clock(),
        checkpoints=state is not None,
        sinks=() if only_summary else (Component("stdout"),),
        incidents=incidents,
        dead=DeadFile(dead_letters) if dead_letters else (lambda _records, _rejected: None),
        told=progress.told,
        after=progress.after,
    )
    progress.whole = whole
    try:
        whole.engine.run_finite(list(whole.inputs.lanes()))
    finally:
        whole.close()
    s = summary(whole, progress)
    if only_summary:
        click.echo(msgspec.json.encode(s).decode())
    if not quiet:
        text = "\n".join(lines(s))
        click.echo(f"\r\x1b[K{text}" if progress.shown else text, err=True)
    if strict and s.dead_lettered + s.refused:
        raise InputRefused(f"{s.dead_lettered + s.refused:,} readings could not be used (--strict)")
    return 0


def _config(
    path: Path | None, inputs: Sequence[str], form: str | None, state: Path | None
) -> Config:
    """The configuration with the command line's inputs in the place of its sources."""
    config = load(path, Installed())
    config = msgspec.structs.replace(config, sources=sources(inputs, form))
    if state is not None:
        config = msgspec.structs.replace(
            config, state=msgspec.structs.replace(config.state, folder=str(state))
        )
    return config
