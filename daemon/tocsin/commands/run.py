"""`tocsin run`: the daemon."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from tocsin import __version__
from tocsin.config.load import load
from tocsin.config.model import Config, SourceItem
from tocsin.ops.clock import Clock
from tocsin.ops.errors import UsageError
from tocsin.ops.events import Tell, open_journal
from tocsin.ops.metrics import Metrics
from tocsin.registry import Installed

if TYPE_CHECKING:
    from tocsin.roles.compose import All

EXAMPLES = """\b
Examples:
  tocsin run -c tocsin.yaml
  exporter | tocsin run
"""


@click.command(epilog=EXAMPLES)
@click.option("-c", "--config", "path", type=click.Path(path_type=Path), help="Configuration.")
@click.option("--role", type=click.Choice(["all"]), default="all", help="What this process does.")
def command(path: Path | None, role: str) -> int:
    """Watch the sources of the configuration until SIGTERM, or until all have ended.

    Without a configuration: read standard input, write alerts to standard output. State is kept
    in the state folder; a restart goes on where the newest checkpoint was.
    """
    del role  # the only one there is
    from tocsin.roles.compose import all_in_one  # noqa: PLC0415  numpy and numba come with it
    from tocsin.roles.observe import Observer  # noqa: PLC0415
    from tocsin.roles.probes import serve  # noqa: PLC0415

    config = with_input(load(path, Installed()))
    clock, metrics, stop = Clock(), Metrics(__version__), Stop()
    level, form = config.log.level, config.log.format
    tell = open_journal(sys.stderr, metrics.problem, level=level, form=form, clock=clock).tell
    observer = Observer(tell, metrics, clock, Path(config.dead_letters.file), stop.wait)
    server = serve(config, tell, metrics, clock, unready=stop.unready)
    whole = None
    try:
        with stop:
            whole = all_in_one(
                config,
                clock,
                dead=observer.dead,
                told=observer.told,
                after=observer.after,
                watch=observer.watch,
            )
            observer.whole = stop.whole = whole
            started(config, whole, tell)
            began = clock.monotonic()
            read(whole, stop)
        observer.publish(whole)
        reason, seconds = stop.reason or "every source has ended", clock.monotonic() - began
        tell("daemon_stopped", reason=reason, seconds=round(seconds, 1))
    finally:
        if whole is not None:
            whole.close()
        if server is not None:
            server.stop()
    return 0


class Stop:
    """The wish to end in order: SIGTERM and SIGINT express it, for as long as this is entered."""

    def __init__(self) -> None:
        self.whole: All | None = None
        self.reason = ""
        self.before: dict[int, Any] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self.before[number] = signal.signal(number, self.ask)

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def ask(self, number: int, _frame: object) -> None:
        """Signal handler: end after the batch at hand."""
        self.reason = signal.Signals(number).name
        if self.whole is not None:
            self.whole.engine.stop()

    def wait(self, seconds: float) -> None:
        """Sleep, unless asked to stop."""
        if self.whole is not None:
            self.whole.engine.stopping.wait(seconds)

    def unready(self) -> str:
        """Why no work should be sent here now."""
        if self.reason:
            return f"stopping ({self.reason})"
        return "" if self.whole is not None else "state is being restored"


def read(whole: All, stop: Stop) -> None:
    """Finite sources are merged by event time; live ones are read as they grow."""
    if stop.reason:
        whole.engine.stop()
    lanes = list(whole.inputs.lanes())
    if lanes and all(lane.part.finite for lane in lanes) and not whole.inputs.pending():
        whole.engine.run_finite(lanes)
        return
    whole.engine.lanes += lanes
    whole.engine.run_live(whole.inputs, lambda: whole.stages.shard.table.watermark)


def with_input(config: Config) -> Config:
    """A daemon without sources reads standard input, where something may come from there."""
    if config.sources:
        return config
    if sys.stdin.isatty():
        raise UsageError(
            "no sources: write `sources:` into a configuration (-c FILE), or pipe records in"
        )
    return msgspec.structs.replace(config, sources=(SourceItem("stdin"),))


def started(config: Config, whole: All, tell: Tell) -> None:
    """Say what begins, and from which state."""
    tell(
        "daemon_started",
        version=__version__,
        instance=config.instance,
        sources=[s.name for s in config.sources],
        detectors=[d.name for d in config.detect.detectors],
        state=config.state.folder,
    )
    for damage in whole.folder.damaged if whole.folder else ():
        tell("checkpoint_unreadable", error=damage)
    if whole.resumed:
        tell("checkpoint_restored", series=len(whole.stages.shard.table))
    for name in whole.cold:
        tell("detector_cold", detector=name, reason="its parameters or version changed")
