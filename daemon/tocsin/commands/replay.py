"""`tocsin replay`: the same pipeline over files, as fast as it goes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
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
    from tocsin.wire.alerts import Alert, Incident

    Told = Callable[[Sequence[Alert], Sequence[Incident]], None]

EXAMPLES = """\b
Examples:
  tocsin replay cpu.csv memory.csv.gz | jq .summary
  kubectl logs exporter | tocsin replay - --format json --summary
"""


@click.command(epilog=EXAMPLES)
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-c", "--config", "path", type=click.Path(path_type=Path), help="Configuration.")
@click.option("--format", "form", metavar="NAME", help="Format of all inputs, if not recognised.")
@click.option("--summary", "only_summary", is_flag=True, help="One JSON object, no alerts.")
@click.option("--pages", is_flag=True, help="Each new alert as a page to read, not as JSON.")
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
    pages: bool,
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
    from tocsin.ingest.dead import DeadFile, ignored  # noqa: PLC0415  numpy and numba come along
    from tocsin.roles.account import Account  # noqa: PLC0415
    from tocsin.roles.compose import Watch, all_in_one  # noqa: PLC0415

    config = configured(path, inputs, form, state)
    live = sys.stderr.isatty() and not quiet
    account = Account(progress if live else None)
    whole = all_in_one(
        config,
        Clock(),
        checkpoints=state is not None,
        sinks=() if only_summary or pages else (Component("stdout"),),
        incidents=incidents,
        dead=DeadFile(dead_letters) if dead_letters else ignored,
        told=both(account.told, show_pages) if pages else account.told,
        after=account.after,
        watch=Watch(recognised=account.recognised),
    )
    account.whole = whole
    try:
        whole.engine.run_finite(list(whole.inputs.lanes()))
    finally:
        whole.close()
    said = account.summary()
    if only_summary:
        click.echo(msgspec.json.encode(said).decode())
    if not quiet:
        click.echo(("\r\x1b[K" if live else "") + "\n".join(said.lines()), err=True)
    if strict and said.dead_lettered + said.refused:
        n = said.dead_lettered + said.refused
        raise InputRefused(f"not used: {n:,} of the readings; --dead-letters FILE keeps them")
    return 0


def both(one: Told, other: Told) -> Told:
    """Tell two."""

    def told(alerts: Sequence[Alert], incidents: Sequence[Incident]) -> None:
        one(alerts, incidents)
        other(alerts, incidents)

    return told


def show_pages(alerts: Sequence[Alert], incidents: Sequence[Incident]) -> None:
    """Alerts that begin to ring, each as one page of text."""
    from tocsin.alert.explain import page  # noqa: PLC0415

    del incidents
    plain = not (sys.stdout.encoding or "").lower().startswith("utf")
    for alert in alerts:
        if alert.revision == 1:
            click.echo(page(alert, ascii_only=plain) + "\n")


def progress(text: str) -> None:
    """One line that is written over and over."""
    click.echo(f"\r\x1b[K{text} ", err=True, nl=False)


def configured(
    path: Path | None, inputs: Sequence[str], form: str | None, state: Path | None
) -> Config:
    """The configuration with the command line's inputs in the place of its sources."""
    config = load(path, Installed())
    config = msgspec.structs.replace(config, sources=sources(inputs, form))
    if state is not None:
        folder = msgspec.structs.replace(config.state, folder=str(state))
        config = msgspec.structs.replace(config, state=folder)
    return config


def sources(inputs: Sequence[str], form: str | None) -> tuple[SourceItem, ...]:
    """The inputs of a command line as source items; `-` is standard input."""
    given = Component(form) if form else None
    files = [i for i in inputs if i != "-"]
    for name in files:
        if not any(c in name for c in "*?[") and not Path(name).exists():
            raise InputMissing(f"{name}: no such file; check the path, or quote a pattern")
    items = [SourceItem("file", {"path": files}, given)] if files else []
    return (*items, SourceItem("stdin", {}, given)) if "-" in inputs else tuple(items)
