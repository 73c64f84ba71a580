"""Role `all`: every room in one process, and what passes between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin.alert.budget import Budget
from tocsin.alert.desk import Desk, DeskParams
from tocsin.config.model import Component, Config, SourceItem
from tocsin.detect.calibrate import Calibration, prior_of
from tocsin.detect.member import Member, weights
from tocsin.detect.shard import Shard
from tocsin.engine.embedded import Embedded, Rhythm
from tocsin.engine.inputs import Input, Inputs
from tocsin.engine.ledger import Ledger
from tocsin.ingest.intake import Dictionary, Intake
from tocsin.ingest.recognise import recognise
from tocsin.notify.outbox import Outbox
from tocsin.ops.clock import Clock
from tocsin.ops.errors import SinkFailed
from tocsin.ops.memory import settle
from tocsin.registry import build, known
from tocsin.state.folder import Folder
from tocsin.wire.alerts import Alert, Incident
from tocsin.wire.findings import Finding
from tocsin_connectors.contract import Delivery, Format, Records, Refusal, Rejected

ROWS = 1024  # series there is room for at the start; grows
Arrays = dict[str, npt.NDArray[Any]]
DESK = "desk"


@dataclass(slots=True)
class Watch:
    """Who is told of what happens beside the way of the data; tells nobody by default."""

    recognised: Callable[[str, str], None] = lambda _origin, _format: None
    unopened: Callable[[str, OSError], None] | None = None
    checkpoint: Callable[[int, float], None] = lambda _size, _seconds: None
    refused: Callable[[str, Delivery, Refusal], None] = lambda _sink, _what, _why: None
    retried: Callable[[str, int, OSError], None] = lambda _sink, _attempt, _why: None
    sleep: Callable[[float], None] = time.sleep


@dataclass(slots=True)
class Stages:
    """Readings to receivers: shard, desk, outbox. `told` sees every alert and incident."""

    shard: Shard
    desk: Desk
    outbox: Outbox
    told: Callable[[Sequence[Alert], Sequence[Incident]], None]
    incidents: bool = True

    def step(self, batch: Any) -> None:
        self._send(self.shard.step(batch))

    def advance(self, watermark: int) -> None:
        self._send(self.shard.advance(watermark))

    def end(self) -> None:
        self._send(self.shard.flush())

    def outcomes(self) -> npt.NDArray[Any]:
        return self.shard.drain()

    def flush(self) -> None:
        try:
            self.outbox.flush()
        except OSError as e:
            raise SinkFailed(f"a sink stays out of reach: {e}; a restart sends again") from e

    def snapshot(self) -> tuple[Arrays, dict[str, Any]]:
        arrays, meta = self.shard.snapshot()
        return arrays | {DESK: np.frombuffer(self.desk.snapshot(), np.uint8)}, {"shard": meta}

    def restore(self, arrays: Arrays, meta: dict[str, Any], keys: Any) -> list[str]:
        self.desk.restore(arrays[DESK].tobytes())
        return self.shard.restore(arrays, meta["shard"], keys)

    def _send(self, findings: list[Finding]) -> None:
        sent = self.desk.step(findings, self.shard.table.watermark, since=self.shard.born)
        if sent.alerts or sent.incidents:
            try:
                self.outbox.send(sent.alerts, sent.incidents if self.incidents else [])
            except OSError as e:
                raise SinkFailed(f"a sink stays out of reach: {e}; a restart sends again") from e
            self.told(sent.alerts, sent.incidents)


@dataclass(slots=True)
class All:
    """Role `all`: everything in one process."""

    engine: Embedded
    inputs: Inputs
    stages: Stages
    ledger: Ledger
    folder: Folder | None
    cold: list[str] = field(default_factory=list)
    resumed: bool = False

    def close(self) -> None:
        self.stages.outbox.close()
        if self.folder is not None:
            self.folder.close()


def all_in_one(  # noqa: PLR0913  what a command may put in another's place
    config: Config,
    clock: Clock,
    *,
    checkpoints: bool = True,
    sinks: Sequence[Component] | None = None,
    incidents: bool = True,
    dead: Callable[[Records, Sequence[Rejected]], None],
    told: Callable[[Sequence[Alert], Sequence[Incident]], None] = lambda _a, _i: None,
    after: Callable[[], None] = lambda: None,
    watch: Watch | None = None,
) -> All:
    """Build every room and wire them; restores the newest checkpoint where there is one."""
    settle()
    folder = Folder(Path(config.state.folder)) if checkpoints else None
    ledger = Ledger()
    dictionary = Dictionary(2 * config.detect.max_series)
    watch = watch or Watch()
    stages = Stages(shard(config), desk(config), outbox(config, sinks, watch), told, incidents)

    def intake(origin: str, index: int, form: Format, head: bytes) -> Intake:
        return Intake(
            origin, source=index, format=form, head=head, dictionary=dictionary, clock=clock,
            future_ns=int(config.detect.future),
        )  # fmt: skip

    inputs = Inputs(
        [input_of(item) for item in config.sources],
        intake,
        ledger,
        dead=dead,
        recognised=watch.recognised,
        failed=watch.unopened,
    )
    rhythm = Rhythm(folder, config.state.every / 1e9, clock, watch.checkpoint)
    engine = Embedded(stages, ledger, rhythm, names=inputs.names, after=after)
    whole = All(engine, inputs, stages, ledger, folder)
    if folder is not None and (found := folder.newest()) is not None:
        arrays, meta = found
        whole.cold = stages.restore(arrays, meta, dictionary.keys)
        inputs.resume(meta["names"], meta["cursors"])
        ledger.restore(meta["ledger"])
        whole.resumed = True
    return whole


def shard(config: Config) -> Shard:
    """The mind of the one partition there is in one process."""
    detectors = [
        build("detectors", d, rows=ROWS, seed=config.seed) for d in config.detect.detectors
    ]
    members = [
        Member(d, Calibration(prior_of(d.name), rows=ROWS, own=d.calibration == "own"), w)
        for d, w in zip(detectors, weights(detectors), strict=True)
    ]
    return Shard(
        members,
        rows=ROWS,
        need_days=1.0 / config.budget.per_entity,
        lateness_ns=int(config.detect.lateness),
        entity=config.entity,
        max_series=config.detect.max_series,
        evict_after_ns=int(config.detect.evict_after),
        keep_duplicates=config.detect.on_duplicate == "keep",
        stopwatch=time.perf_counter,
    )


def desk(config: Config) -> Desk:
    """The desk, with the budgets it keeps."""
    budget = Budget(per_entity=config.budget.per_entity, fleet=config.budget.fleet)
    return Desk(DeskParams(budget=budget), config.instance)


def outbox(config: Config, sinks: Sequence[Component] | None, watch: Watch) -> Outbox:
    """All sinks of the configuration, or others in their place."""
    chosen = config.sinks if sinks is None else sinks
    return Outbox(
        [build("sinks", c) for c in chosen],
        sleep=watch.sleep,
        refused=watch.refused,
        retried=watch.retried,
    )


def input_of(item: SourceItem) -> Input:
    """A source with its format, or with all formats to choose from."""
    source = build("sources", item)
    if item.format.name != "auto":
        form = build("formats", item.format)
        return Input(source, lambda _head: (item.format.name, form))
    formats = {name: build("formats", Component(name)) for name in known("formats")}

    def format_of(head: bytes) -> tuple[str, Format]:
        name, _ = recognise(head, formats)
        return name, formats[name]

    return Input(source, format_of)
