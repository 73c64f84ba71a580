"""`tocsin run`: the daemon."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from tocsin import __version__
from tocsin.config.load import load
from tocsin.config.model import Api, Config, SourceItem
from tocsin.ops.clock import Clock
from tocsin.ops.errors import UsageError
from tocsin.ops.events import Journal, open_journal
from tocsin.ops.metrics import Metrics
from tocsin.registry import Installed

if TYPE_CHECKING:
    from tocsin.api.server import Server
    from tocsin.roles.compose import All

EXAMPLES = """\b
Examples:
  tocsin run -c tocsin.yaml
  exporter | tocsin run
"""
STUCK_S = 60.0


@click.command(epilog=EXAMPLES)
@click.option("-c", "--config", "path", type=click.Path(path_type=Path), help="Configuration.")
@click.option("--role", type=click.Choice(["all"]), default="all", help="What this process does.")
def command(path: Path | None, role: str) -> int:
    """Watch the sources of the configuration until SIGTERM.

    Without a configuration: read standard input, write alerts to standard output. State is kept
    in the state folder; a restart goes on where the newest checkpoint was.
    """
    del role  # the only one there is in one process
    from tocsin.roles.compose import all_in_one  # noqa: PLC0415  numpy and numba come with it
    from tocsin.roles.observe import Observer  # noqa: PLC0415

    config = with_input(load(path, Installed()))
    clock = Clock()
    metrics = Metrics(__version__)
    journal = open_journal(
        sys.stderr, metrics.problem, level=config.log.level, form=config.log.format, clock=clock
    )
    stopping = Stop()
    observer = Observer(journal.tell, metrics, clock, Path(config.dead_letters.file), stopping.wait)
    whole = all_in_one(
        config, clock, dead=observer.dead, told=observer.told, after=observer.after,
        watch=observer.watch,
    )  # fmt: skip
    observer.whole = whole
    stopping.whole = whole
    server = serve(config, journal, metrics, clock, stopping)
    began = clock.monotonic()
    started(config, whole, journal)
    try:
        with stopping.signals():
            run(whole)
        observer.publish(whole)
    finally:
        whole.close()
        if server is not None:
            server.stop()
    reason = stopping.reason or "every source has ended"
    journal.tell("daemon_stopped", reason=reason, seconds=round(clock.monotonic() - began, 1))
    return 0


class Stop:
    """The wish to end in order."""

    def __init__(self) -> None:
        self.whole: All | None = None
        self.reason = ""

    def ask(self, number: int, _frame: object) -> None:
        """Signal handler: end after the batch at hand."""
        self.reason = signal.Signals(number).name
        if self.whole is not None:
            self.whole.engine.stop()

    def wait(self, seconds: float) -> None:
        """Sleep, unless asked to stop."""
        if self.whole is not None:
            self.whole.engine.stopping.wait(seconds)

    def signals(self) -> Signals:
        return Signals(self)


class Signals:
    """SIGTERM and SIGINT ask to stop, for as long as this is entered."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self.before: dict[int, Any] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self.before[number] = signal.signal(number, self.stop.ask)

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)


def run(whole: All) -> None:
    """Finite sources are merged by event time; live ones are read as they grow."""
    lanes = list(whole.inputs.lanes())
    if lanes and not whole.inputs.live and all(lane.part.finite for lane in lanes):
        whole.engine.run_finite(lanes)
        return
    whole.engine.lanes += lanes
    whole.engine.run_live(whole.inputs.lanes, lambda: whole.stages.shard.table.watermark)


def with_input(config: Config) -> Config:
    """A daemon without sources reads standard input, where something may come from there."""
    if config.sources:
        return config
    if sys.stdin.isatty():
        raise UsageError(
            "no sources: write `sources:` into a configuration (-c FILE), or pipe records in"
        )
    return msgspec.structs.replace(config, sources=(SourceItem("stdin"),))


def started(config: Config, whole: All, journal: Journal) -> None:
    """Say what begins, and from which state."""
    journal.tell(
        "daemon_started",
        version=__version__,
        instance=config.instance,
        sources=[s.name for s in config.sources],
        detectors=[d.name for d in config.detect.detectors],
        state=config.state.folder,
    )
    assert whole.folder is not None, "a daemon keeps its state"
    for damage in whole.folder.damaged:
        journal.tell("checkpoint_unreadable", error=damage)
    if whole.resumed:
        journal.tell("checkpoint_restored", series=len(whole.stages.shard.table))
    for name in whole.cold:
        journal.tell("detector_cold", detector=name, reason="its parameters or version changed")


def serve(
    config: Config, journal: Journal, metrics: Metrics, clock: Clock, stopping: Stop
) -> Server | None:
    """Probes and metrics; a taken address is a warning, not the end."""
    if not isinstance(config.api, Api):
        return None
    from tocsin.api.server import Server  # noqa: PLC0415

    def fresh() -> str:
        last = metrics.value("tocsin_engine_progress_timestamp_seconds") or clock.now() / 1e9
        silent = clock.now() / 1e9 - last
        return "" if silent < STUCK_S else f"no progress for {silent:.0f} s"

    ready: Mapping[str, Any] = {
        "state": lambda: "" if stopping.whole is not None else "being restored",
        "running": lambda: f"stopping ({stopping.reason})" if stopping.reason else "",
    }
    server = Server(
        live={"progress": fresh},
        ready=ready,
        metrics=metrics.page,
        fault=lambda path, error: journal.tell("request_failed", path=path, error=str(error)),
    )
    listen = config.api.listen
    try:
        port = server.start(listen.host, listen.port)
    except OSError as e:
        journal.tell("api_failed", address=str(listen), error=str(e))
        server.stop()
        return None
    journal.tell("api_listening", address=f"{listen.host or '*'}:{port}")
    return server
