"""`tocsin demo`: real series with known incidents, through the live pipeline."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from tocsin.config.load import load
from tocsin.config.model import Component, Config, SourceItem
from tocsin.ops.clock import Clock
from tocsin.registry import Installed

if TYPE_CHECKING:
    from tocsin.view.bundled import Verdict

EXAMPLES = """\b
Examples:
  tocsin demo
  tocsin demo --fast
"""
PER_SECOND = 1200  # points that go by in the view: all of it in half a minute
BATCH_BYTES = 2048


@click.command(epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="No view: one JSON object at the end.")
@click.option("--fast", is_flag=True, help="No view: as fast as it goes.")
@click.option(
    "--picture", type=click.Path(path_type=Path), help="Save the view as SVG when most rings."
)
def command(as_json: bool, fast: bool, picture: Path | None) -> int:
    """Watch four real series with labelled incidents, some months of them in half a minute.

    Nothing leaves this machine and nothing is written. The detectors see the points one by one
    and never the labels; those are looked at in the end, to say what was caught.
    """
    from tocsin.ingest.dead import ignored  # noqa: PLC0415  numpy and numba come with these
    from tocsin.roles.compose import all_in_one  # noqa: PLC0415
    from tocsin.roles.show import Show  # noqa: PLC0415
    from tocsin.view import bundled  # noqa: PLC0415

    viewed = sys.stdout.isatty() and not (as_json or fast or picture)
    if not as_json:
        click.echo("tocsin demo: four real series, nothing configured, nothing leaves this machine")
    show = Show(PER_SECOND if viewed else 0, picture=picture is not None)
    whole = all_in_one(
        configured(),
        Clock(),
        checkpoints=False,
        sinks=(),
        dead=ignored,
        told=show.told,
        after=show.after,
    )
    show.whole = whole
    lanes = list(whole.inputs.lanes())
    for lane in lanes:
        lane.limit_bytes = BATCH_BYTES if viewed or picture else lane.limit_bytes
    try:
        with show:
            whole.engine.run_finite(lanes)
    finally:
        whole.close()
    if picture is not None:
        show.save(picture)
    verdict = bundled.judge(show.alerts, bundled.windows())
    points = whole.ledger.outcomes()["scored"]
    tell(verdict, points, time.perf_counter() - show.began, as_json)
    return 0


def configured() -> Config:
    """The defaults, over the series that come with the program."""
    from tocsin.view import bundled  # noqa: PLC0415

    paths = [str(p) for p in bundled.files()]
    source = SourceItem("file", {"path": paths}, Component("csv"))
    return msgspec.structs.replace(load(None, Installed()), sources=(source,))


def tell(verdict: Verdict, points: int, seconds: float, as_json: bool) -> None:
    """What was caught, how early, and what rang outside the labels."""
    n = len(verdict.catches)
    if as_json:
        said = {
            "labelled": n,
            "caught": verdict.caught,
            "alerts": len(verdict.rang),
            "outside": len(verdict.outside),
            "points": points,
            "seconds": round(seconds, 3),
        }
        click.echo(msgspec.json.encode(said).decode())
        return
    click.echo(
        f"\n{points:,} points in {seconds:.1f} s, {len(verdict.rang)} alerts; "
        f"{verdict.caught} of {n} incidents caught:"
    )
    for c in verdict.catches:
        long = (c.window.last - c.window.first) / 3600
        if c.alert is None:
            click.echo(f"  missed  {c.window.series}, a window of {long:.0f} h")
        else:
            click.echo(f"  caught  {c.window.series}, {c.after_h:.1f} h into its {long:.0f} h")
            click.echo(f"          {c.alert.summary}")
    first = {c.alert.id for c in verdict.catches if c.alert}
    more = len(verdict.rang) - len(first) - len(verdict.outside)
    click.echo(f"{more} more inside them, and {len(verdict.outside)} outside the labels:")
    for a in verdict.outside:
        click.echo(f"  {a.detected_at[:16].replace('T', ' ')}  {a.summary}")
    program = "tocsin" if shutil.which("tocsin") else sys.argv[0]
    click.echo(f"\nNext: {program} replay your.csv")
